{# USES_VARIABLES { N, count, _source_start, _source_stop } #}
{# WRITES_TO_READ_ONLY_VARIABLES { N, count } #}
{% extends 'common_group.cu' %}

{% block kernel %}
{% endblock %}

{% block define_N %}
{% endblock %}

{% block prepare_kernel %}
{% endblock %}

{% block kernel_call %}
    {% set _space = get_array_name(eventspace_variable, access_data=False) %}
    ::neurospine::notes_{{owner.name}}.note(
        dev{{_space}}[current_idx{{_space}}],
        _num_{{_space}} - 1,
        brian::{{owner.clock.name}}.timestep[0]);
{% endblock %}
