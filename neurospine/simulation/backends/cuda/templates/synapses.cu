{# USES_VARIABLES { N, _synaptic_pre } #}
{% extends 'common_group.cu' %}
{# What spikes do to synapses: a few threads for the synapses of each spike. Statements that set a
   variable of a cell, where no atomic operation does it, need one synapse for each cell. #}

{% block kernel %}
__global__ void _run_kernel_{{codeobj_name}}(
    ::neurospine::Reach _from,
    {% if 'turned' in owner.variables %}
    const int8_t* _stage,
    {% endif %}
    ///// KERNEL_PARAMETERS /////
    %KERNEL_PARAMETERS%
    )
{
    using namespace brian;
    int _idx = -1;
    int _vectorisation_idx = -1;

    ///// KERNEL_CONSTANTS /////
    %KERNEL_CONSTANTS%

    ///// kernel_lines /////
    {{kernel_lines|autoindent}}

    ///// scalar_code /////
    {{scalar_code|autoindent}}

    const int _delay = _from.delays[blockIdx.y];
    const int32_t* _fired = _from.ring[(_from.now - _delay + _from.slots) % _from.slots];
    const int32_t* _rows = _from.rows + (size_t)blockIdx.y * (_from.cells + 1);
    const int _thread = blockIdx.x * blockDim.x + threadIdx.x;
    const int _number = _fired[_from.counter];
    for (int _k = _thread / _from.lanes; _k < _number; _k += gridDim.x * blockDim.x / _from.lanes)
    {
        const int _cell = _fired[_k] - _from.first;
        if (_cell < 0 || _cell >= _from.cells) continue;
        for (int _s = _rows[_cell] + _thread % _from.lanes; _s < _rows[_cell + 1]; _s += _from.lanes)
        {
            int _idx = _from.ids[_s];
            {% if 'turned' in owner.variables %}
            if (!_stage[_idx]) continue;
            {% endif %}
            int _vectorisation_idx = _idx;

            ///// vector_code /////
            {{vector_code|autoindent}}
        }
    }
}
{% endblock %}

{% block define_N %}
{% endblock %}

{% block prepare_kernel %}
{% endblock %}

{% block kernel_call %}
    {% set _space = get_array_name(pathway.variables[pathway.eventspace_name], access_data=False) %}
    auto& _arrivals = ::neurospine::arrivals_{{pathway.name}};
    if (!_arrivals.any()) return;
    {% if 'turned' in owner.variables %}
    const int8_t* _stage = ::neurospine::data(brian::dev{{get_array_name(owner.variables['stage'], access_data=False)}});
    {% endif %}
    _run_kernel_{{codeobj_name}}<<<_arrivals.grid(), ::neurospine::THREADS>>>(
            _arrivals.now(dev{{_space}}, current_idx{{_space}}),
            {% if 'turned' in owner.variables %}
            _stage,
            {% endif %}
            ///// HOST_PARAMETERS /////
            %HOST_PARAMETERS%
        );

    CUDA_CHECK_ERROR("_run_kernel_{{codeobj_name}}");
{% endblock %}
