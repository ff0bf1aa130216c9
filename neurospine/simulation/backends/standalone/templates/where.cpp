{# USES_VARIABLES { N, turned } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    // Only the few elements are visited to which something happens: eight are passed over at once
    // where nothing does.
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    const int8_t* _turned = (const int8_t*){{turned}};
    for(int _first = 0; _first < _N; _first += 8)
    {
        const int _last = _first + 8 < _N ? _first + 8 : _N;
        uint64_t _eight = 0;
        memcpy(&_eight, _turned + _first, _last - _first);
        if(!_eight) continue;
        for(int _idx = _first; _idx < _last; _idx++)
        {
            if(!_turned[_idx]) continue;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
        }
    }
{% endblock %}
