{# USES_VARIABLES { N, turned } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    // Only the few elements are visited to which something happens: many are passed over at once
    // where nothing does.
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    const int8_t* _turned = (const int8_t*){{turned}};
    const int _stretch = 64;
    for(int _first = 0; _first < _N; _first += _stretch)
    {
        const int _last = _first + _stretch < _N ? _first + _stretch : _N;
        int8_t _any = 0;
        for(int _idx = _first; _idx < _last; _idx++) _any |= _turned[_idx];
        if(!_any) continue;
        for(int _idx = _first; _idx < _last; _idx++)
        {
            if(!_turned[_idx]) continue;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
        }
    }
{% endblock %}
