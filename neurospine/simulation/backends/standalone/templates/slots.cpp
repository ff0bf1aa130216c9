{# USES_VARIABLES { N, stage } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    // Slots without a spine are mostly side by side, and have little to do.
    const size_t _vectorisation_idx = -1;
    {{single(scalar_code, "")|autoindent}}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    {% set _code = single(vector_code, scalar_code) %}
    const int8_t* _there = (const int8_t*){{stage}};
    const int _stretch = {{128 if skipped else 256}};
    for(int _first = 0; _first < _N; _first += _stretch)
    {
        const int _last = _first + _stretch < _N ? _first + _stretch : _N;
        int8_t _any = 0;
        for(int _idx = _first; _idx < _last; _idx++) _any |= _there[_idx];
        if(_any)
        {
            #pragma GCC ivdep
            for(int _idx = _first; _idx < _last; _idx++)
            {
                const size_t _vectorisation_idx = _idx;
                {{_code|autoindent}}
            }
        }
        {% if not skipped %}
        else
        {
            #pragma GCC ivdep
            for(int _idx = _first; _idx < _last; _idx++)
            {
                const size_t _vectorisation_idx = _idx;
                {{without_spine(_code, get_array_name(variables['stage']), get_array_name(variables['turned']))|autoindent}}
            }
        }
        {% endif %}
    }
{% endblock %}
