// Where the arguments of this network go, and what its streams are made of.
namespace neurospine {
namespace {

template <class T> void* sized(thrust::device_vector<T>& array, std::size_t count)
{
    array.resize(count);
    return data(array);
}
{% for synapses in synapses %}
void spines_{{synapses.name}}(std::size_t count)
{
{% for array in synapses.arrays %}
    {{array}}.resize(count);
{% endfor %}
    const int32_t number = (int32_t)count;
    {{synapses.host_number}}[0] = number;
    transfer({{synapses.number}}, &number, sizeof number);
}
{% endfor %}
{% for recording in recordings %}
thrust::device_vector<std::int32_t> {{recording.stream}}_slots;

std::size_t {{recording.stream}}(std::vector<char>& payload, std::int64_t)
{
    auto& slots = {{recording.stream}}_slots;
{% for array, type in recording.arrays %}
    append_some<{{type}}>(payload, {{array}}, slots);
{% endfor %}
    return slots.size();
}
{% endfor %}
{% for spines in living if spines.contacts %}
Events {{spines.contacts}}_events;

std::size_t {{spines.contacts}}(std::vector<char>& payload, std::int64_t)
{
    Events& events = {{spines.contacts}}_events;
    const std::size_t count = events.slot.size();
    append(payload, events.tick.data(), count);
    append(payload, events.slot.data(), count);
    append(payload, events.pre.data(), count);
    append(payload, events.what.data(), count);
    events = Events();
    return count;
}
{% endfor %}
{% for spines in living if spines.summary %}
Summary {{spines.summary}}_sums;

std::size_t {{spines.summary}}(std::vector<char>& payload, std::int64_t)
{
    return summarise(
        payload, {{spines.summary}}_sums, on_host({{spines.volume}}), on_host({{spines.stage}}),
        {{spines.stages}});
}

void* {{spines.summary}}_place(std::size_t count)
{
    {{spines.summary}}_sums.copies.resize(count);
    return {{spines.summary}}_sums.copies.data();
}
{% endfor %}
{% for spines in living %}
void sort_{{spines.name}}()
{
{% for pathway in spines.pathways %}
    _before_run_{{pathway}}_push_spikes();
{% endfor %}
}
{% endfor %}
{% for monitor in spikes %}
std::size_t {{monitor.stream}}(std::vector<char>& payload, std::int64_t shift)
{
    std::vector<double> times;
    std::vector<std::int32_t> cells;
    for (const Spike& spike : notes_{{monitor.name}}.take()) {
        times.push_back(static_cast<double>(spike.step + shift) * step);
        cells.push_back(spike.cell);
    }
    append(payload, times.data(), times.size());
    append(payload, cells.data(), cells.size());
    return times.size();
}
{% endfor %}
{% for monitor in traces %}
std::size_t {{monitor.stream}}(std::vector<char>& payload, std::int64_t shift)
{
    const std::vector<double> times = std::exchange(times_{{monitor.name}}, {});
    append_times(payload, times.data(), times.size(), shift);
{% for variable, type in monitor.variables %}
    {
        const std::vector<{{type}}> rows = rows_{{monitor.name}}_{{variable}}.take();
        for (std::size_t k = 0; k < times.size(); k++)
            append(payload, &rows[k * {{monitor.cells}}], {{monitor.cells}});
    }
{% endfor %}
    return times.size();
}
{% endfor %}
}  // namespace

void check_alone()
{
{% for words, array in alone.items() %}
    check_alone("{{words}}", on_host({{array}}));
{% endfor %}
}

const std::vector<Argument> arguments = {
{% for slot in slots %}
    {"{{slot.name}}", {{slot.width}}},
{% endfor %}
};

{# One function of many cases: of one lambda for each, compilers make three functions. #}
void* place_of(std::size_t argument, std::size_t count)
{
    switch (argument) {
{% for slot in slots %}
    case {{loop.index0}}: return {{slot.place}};
{% endfor %}
    }
    return nullptr;
}

const std::vector<Stream> streams = {
{% for item in streams %}
    {"{{item}}", {{item}}},
{% endfor %}
};

const std::vector<Border> borders = {
{% for border in borders %}
    { {{border.role}}, {{border.run}} },
{% endfor %}
};

void catch_up(std::int64_t) {}  // here postsynaptic spikes never wait

std::vector<SlowNumbers> slow_numbers()
{
    return {
{% for numbers in slow_numbers %}
        { {{numbers | join(", ")}} },
{% endfor %}
    };
}

const std::vector<Living> living = {
{% for spines in living %}
    {&{{spines.stage}}, &{{spines.turned}}, &{{spines.pre}}, {{spines.candidate}},
     sort_{{spines.name}},
     {{"&" + spines.contacts + "_events" if spines.contacts else "nullptr"}},
     {{streams.index(spines.contacts) if spines.contacts else 0}},
     {{"&" + spines.summary + "_sums" if spines.summary else "nullptr"}} },
{% endfor %}
};

}  // namespace neurospine
