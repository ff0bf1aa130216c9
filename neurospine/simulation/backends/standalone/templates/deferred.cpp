{# What postsynaptic spikes do when they have waited for the next arrival at each synapse. #}
    {% set _later = later(scalar_code, vector_code) %}
    SynapticPathway& _pathway = {{pathway.name}};
    {% for _kind, _name, _array in _later.noted %}
    static std::vector<{{_kind}}> _all{{_name}};
    {% endfor %}
    if(!_pathway.due)
    {
        const int64_t _now = _array_defaultclock_timestep[0];
        if(_now % {{deferred_steps}} == 0) _pathway.catch_up_everywhere(_now);
        {% for _kind, _name, _array in _later.noted %}
        if(_pathway.deferred.empty()) _all{{_name}}.clear();
        {% endfor %}
        _pathway.defer(_array_defaultclock_t[0], _now, [&](int32_t _cell) {
            {% for _kind, _name, _array in _later.noted %}
            _all{{_name}}.push_back({{_array}}[_cell]);
            {% endfor %}
        });
        return;
    }
    const size_t _vectorisation_idx = -1;
    {{_later.once|autoindent}}
    const double _step = _array_defaultclock_dt[0];
    const int64_t _until = _pathway.until;
    const double* __restrict _times = _pathway.deferred.time.data();
    const int64_t* __restrict _steps = _pathway.deferred.step.data();
    {% for _kind, _name, _array in _later.noted %}
    const {{_kind}}* __restrict {{_name}} = _all{{_name}}.data();
    {% endfor %}
    const size_t _most = 512;
    {% for _element, _array in _later.kept.items() %}
    std::decay_t<decltype({{_element|replace("_idx", "0")}})> {{_array}}[_most];
    {% endfor %}
    for(const SynapticPathway::Row& _row : *_pathway.due)
    {
        DeferredSpikes& _spikes = _pathway.deferred;
        // Only some synapses have spikes that wait: memory that is fetched as it is asked for comes late.
        for(int32_t _k = 0; _k < _row.count; _k += 8)
        {
            const size_t _idx = _row.synapses[_k];
            {% for _element in _later.read %}
            __builtin_prefetch(&{{_element}}, 1);
            {% endfor %}
        }
        _spikes.find(_row.cell, _row.synapses, _row.count, _pathway.sources);
        for(size_t _stretch = _spikes.ends.size(); _stretch-- > 0;)
        {
            const size_t _end = _spikes.ends[_stretch];
            for(size_t _first = _stretch ? _spikes.ends[_stretch - 1] : 0; _first < _end; _first += _most)
            {
                const int32_t _count = std::min(_end - _first, _most);
                const int32_t* __restrict _synapses = &_spikes.synapses[_first];
                const int32_t* __restrict _notes = &_spikes.notes[_first];
                #pragma GCC ivdep
                for(int32_t _k = 0; _k < _count; _k++)
                {
                    const size_t _idx = _synapses[_k];
                    const size_t _note = _notes[_k];
                    const size_t _vectorisation_idx = _idx;
                    {{_later.visit|autoindent}}
                }
                for(int32_t _k = 0; _k < _count; _k++)
                {
                    const size_t _idx = _synapses[_k];
                    {% for _element, _array in _later.kept.items() %}
                    {{_element}} = {{_array}}[_k];
                    {% endfor %}
                }
            }
        }
    }
