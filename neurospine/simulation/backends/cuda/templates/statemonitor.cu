{# USES_VARIABLES { t, _indices, N } #}
{# WRITES_TO_READ_ONLY_VARIABLES { t, N } #}
{% extends 'common_group.cu' %}

{% block define_N %}
    const int _N = _num_indices;
{% endblock %}

{% block host_maincode %}
    ::neurospine::times_{{owner.name}}.push_back(brian::{{owner.clock.name}}.t[0]);
{% endblock %}

{% block after_return_N %}
    _idx = {{_indices}}[_vectorisation_idx];
{% endblock %}

{% block extra_vector_code %}
    {% for varname, var in _recorded_variables | dictsort %}
    _row_{{varname}}[_vectorisation_idx] = _to_record_{{varname}};
    {% endfor %}
{% endblock %}

{% block extra_kernel_parameters %}
    {% for varname, var in _recorded_variables | dictsort %}
    {{c_data_type(var.dtype)}}* _row_{{varname}},
    {% endfor %}
{% endblock %}

{% block extra_host_parameters %}
    {% for varname, var in _recorded_variables | dictsort %}
    ::neurospine::rows_{{owner.name}}_{{varname}}.next(_N),
    {% endfor %}
{% endblock %}
