{# USES_VARIABLES { N } #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    // Most stretches of cells hold none that fires, and asking whether any does is a loop
    // without branches, which the compiler vectorises. Only the others are gone through.
    const int _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    {% set _fired = get_array_name(eventspace_variable) %}
    const size_t _stretch = 128;
    long _count = 0;
    for(size_t _first = 0; _first < N; _first += _stretch)
    {
        const size_t _last = _first + _stretch < N ? _first + _stretch : N;
        int _any = 0;
        for(size_t _idx = _first; _idx < _last; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
            _any |= _cond;
        }
        for(size_t _idx = _first; _any && _idx < _last; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
            if(_cond)
            {
                {{_fired}}[_count++] = _idx;
                {% if _uses_refractory %}
                {{not_refractory}}[_idx] = false;
                {{lastspike}}[_idx] = {{t}};
                {% endif %}
            }
        }
    }
    {{_fired}}[N] = _count;
{% endblock %}

{% block after_code %}
    {{get_array_name(eventspace_variable)}}[N] = 0;
{% endblock %}
