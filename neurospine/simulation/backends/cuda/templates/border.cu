{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cu' %}
{# What is due at borders between steps is done by the host (driver.cpp). #}

{% block kernel %}
{% endblock %}

{% block define_N %}
{% endblock %}

{% block prepare_kernel %}
{% endblock %}

{% block kernel_call %}
    ::neurospine::at_border(brian::{{owner.clock.name}}.timestep[0]);
{% endblock %}
