{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    // Every element reads and writes what is its own, in arrays that do not overlap: without that
    // promise compilers give up on those with more than a few variables.
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    {% set _code = single(vector_code, scalar_code) %}
    {% if 'not_refractory' in variables %}
    // A byte among doubles would make them go 64 at a time, far more than there are registers for.
    {% set _bytes = get_array_name(variables['not_refractory']) %}
    static std::vector<int64_t> _wide;
    _wide.resize(_N);
    int64_t* __restrict _wide_not_refractory = _wide.data();
    {% set _code = _code|replace('char not_refractory', 'int64_t not_refractory') %}
    {% set _code = _code|replace(_bytes + '[_idx] =', '_wide_not_refractory[_idx] =') %}
    {% set _code = _code|replace('= ' + _bytes + '[_idx]', '= _wide_not_refractory[_idx]') %}
    // As Brian2 counts steps, but without integers, which AVX2 cannot make of several doubles at once.
    const auto _steps = [](double t, double dt) { return std::trunc((t + 1e-3*dt)/dt); };
    {% set _code = _code|replace(' _timestep(t - lastspike, dt) >=', ' _steps(t - lastspike, dt) >=')
                        |replace('_steps(t - lastspike, dt) >= _timestep(', '_steps(t - lastspike, dt) >= _steps(') %}
    {% if _bytes + '[' in _code or '_wide_not_refractory[_idx] =' not in _code
          or '_steps(' in _code and '(int64_t)((t + 1e-3*dt)/dt)' not in support_code_lines|join %}
    #error "the state update writes not_refractory in another way than this template expects"
    {% endif %}
    for(int _idx = 0; _idx < _N; _idx++) _wide_not_refractory[_idx] = {{_bytes}}[_idx];
    {% endif %}
    #pragma GCC ivdep
    for(int _idx = 0; _idx < _N; _idx++)
    {
        const size_t _vectorisation_idx = _idx;
        {{_code|autoindent}}
    }
    {% if 'not_refractory' in variables %}
    for(int _idx = 0; _idx < _N; _idx++) {{_bytes}}[_idx] = _wide_not_refractory[_idx];
    {% endif %}
{% endblock %}
