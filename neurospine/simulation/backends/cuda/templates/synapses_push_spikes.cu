{# USES_VARIABLES { N, delay } #}
{% extends 'common_group.cu' %}
{# Nothing is pushed: synapses look back at the spikes of earlier steps (arrivals.h). Before a run the
   lists are made by which they do. #}

{% block before_run_host_maincode %}
    {% set _space = get_array_name(eventspace_variable, access_data=False) %}
    ::neurospine::arrivals_{{owner.name}}.prepare(
        dev{{get_array_name(owner.synapse_sources, access_data=False)}},
        dev{{get_array_name(owner.variables['delay'], access_data=False)}},
        brian::{{owner.clock.name}}.dt[0],
        {{owner.source.start}},
        {{owner.source.stop - owner.source.start}},
        dev{{_space}},
        {{_space}},
        _num_{{_space}} - 1);
{% endblock %}

{% block kernel %}
{% endblock %}

{% block define_N %}
{% endblock %}

{% block prepare_kernel %}
{% endblock %}

{% block kernel_call %}
{% endblock %}
