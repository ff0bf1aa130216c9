{% extends 'common_group.cpp' %}
{# What a visit does to the synapse comes first, for many at once; what it adds to cells, which
   several of them may share, comes after, in order. So do stores to synapses that are apart. #}
{% block maincode %}
{% macro visit_all(synapse, _visit, _places, _sums, _kept) %}
                #pragma GCC ivdep
                for(int32_t _k = 0; _k < _count; _k++)
                {
                    const size_t _idx = {{synapse}};
                    const size_t _vectorisation_idx = _idx;
                    {{_visit|autoindent}}
                }
                {% if _sums or _kept %}
                for(int32_t _k = 0; _k < _count; _k++)
                {
                    const size_t _idx = {{synapse}};
                    {% for _element, _array in _kept.items() %}
                    {{_element}} = {{_array}}[_k];
                    {% endfor %}
                    {{_places|autoindent}}
                    {% for _sum in _sums %}
                    {{_sum.target}} {{_sum.sign}} {{_sum.added}}[_k];
                    {% endfor %}
                }
                {% endif %}
{% endmacro %}
    {% if deferred_steps and pathway.prepost == 'post' %}
    {% include 'deferred.cpp' %}
    {% else %}
    const std::vector<SynapticPathway::Row>& _rows = {{pathway.name}}.reached();
    if(_rows.empty()) return;
    {% if deferred_steps %}
    {{pathway.synapses.name}}_post.catch_up(_rows, _array_defaultclock_timestep[0]);
    {% endif %}
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    {% set _sender, _visit, _places, _sums = apart(vector_code, get_array_name(pathway.synapse_sources)) %}
    {% if _sums is none %}
    for(const SynapticPathway::Row& _row : _rows)
        for(int32_t _k = 0; _k < _row.count; _k++)
        {
            const size_t _idx = _row.synapses[_k];
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
        }
    {% else %}
    const int32_t _most = 512;
    {% for _sum in _sums %}
    {{_sum.type}} {{_sum.added}}[_most];
    {% endfor %}
    {% set _visit_apart, _kept = kept_back(_visit) %}
    {% for _element, _array in _kept.items() %}
    std::decay_t<decltype({{_element|replace("_idx", "0")}})> {{_array}}[_most];
    {% endfor %}
    for(const SynapticPathway::Row& _row : _rows)
        for(int32_t _first = 0; _first < _row.count; _first += _most)
        {
            const int32_t _count = std::min(_row.count - _first, _most);
            const int32_t* __restrict _synapses = _row.synapses + _first;
            {{_sender|autoindent}}
            {# A long visit gains little where synapses are side by side, and takes long to compile. #}
            {% if _visit|length < 2000 %}
            if(_row.whole)
            {
                const size_t _start = _synapses[0];
                {{visit_all("_start + _k", _visit, _places, _sums, {})}}
            }
            else
            {% endif %}
            {
                {{visit_all("_synapses[_k]", _visit_apart, _places, _sums, _kept)}}
            }
        }
    {% endif %}
    {% endif %}
{% endblock %}
