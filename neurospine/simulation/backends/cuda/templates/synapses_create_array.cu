{# USES_VARIABLES { _synaptic_pre, _synaptic_post, sources, targets, N } #}
{# WRITES_TO_READ_ONLY_VARIABLES { _synaptic_pre, _synaptic_post, N } #}
{% extends 'common_group.cu' %}
{# Synapses come with the arguments of a run; there is nothing to make. #}

{% block kernel %}
{% endblock %}

{% block define_N %}
{% endblock %}

{% block prepare_kernel %}
{% endblock %}

{% block kernel_call %}
{% endblock %}
