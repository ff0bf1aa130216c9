{# USES_VARIABLES { N, turned } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cu' %}

{% block after_return_N %}
    if(!{{turned}}[_idx]) return;  // only the few are visited to which something happens
{% endblock %}
