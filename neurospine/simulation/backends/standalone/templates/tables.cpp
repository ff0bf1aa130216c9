// Where the arguments of this network go, and what its streams are made of.
namespace neurospine {
namespace {

template <class T> [[gnu::noinline]] void* sized(std::vector<T>& array, std::size_t count)
{
    array.resize(count);
    return array.data();
}
{% for synapses in synapses %}
void spines_{{synapses.name}}(std::size_t count)
{
{% for array in synapses.arrays %}
    {{array}}.resize(count);
{% endfor %}
    {{synapses.number}}[0] = (int32_t)count;
}
{% endfor %}
{% for recording in recordings %}
std::vector<std::int32_t> {{recording.stream}}_slots;

std::size_t {{recording.stream}}(std::vector<char>& payload, std::int64_t)
{
    const auto& slots = {{recording.stream}}_slots;
{% for array, type in recording.arrays %}
    append_some<{{type}}>(payload, {{array}}.data(), slots);
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
    return summarise(payload, {{spines.summary}}_sums, {{spines.volume}}, {{spines.stage}}, {{spines.stages}});
}

void* {{spines.summary}}_place(std::size_t count)
{
    {{spines.summary}}_sums.copies.resize(count);
    return {{spines.summary}}_sums.copies.data();
}
{% endfor %}
{% for spines in living %}
void sort_{{spines.name}}(bool anew)
{
    const std::int8_t *stage = {{spines.stage}}.data(), *turned = {{spines.turned}}.data();
{% for pathway in spines.pathways %}
    if (anew) {{pathway}}.sort();
    {{pathway}}.keep(stage, anew ? nullptr : turned);
{% endfor %}
}
{% endfor %}
{% for monitor in spikes %}
std::size_t {{monitor.stream}}(std::vector<char>& payload, std::int64_t shift)
{
    const std::size_t count = {{monitor.times}}.size();
    append_times(payload, {{monitor.times}}.data(), count, shift);
    append(payload, {{monitor.cells}}.data(), count);
    {{monitor.times}}.clear();
    {{monitor.cells}}.clear();
    {{monitor.number}}[0] = 0;
    return count;
}
{% endfor %}
{% for monitor in traces %}
std::size_t {{monitor.stream}}(std::vector<char>& payload, std::int64_t shift)
{
    const std::size_t count = {{monitor.times}}.size();
    append_times(payload, {{monitor.times}}.data(), count, shift);
{% for array in monitor.arrays %}
    for (std::size_t k = 0; k < count; k++)
        append(payload, &{{array}}(k, 0), {{monitor.cells}});
    {{array}}.resize(0, {{monitor.cells}});
{% endfor %}
    {{monitor.times}}.clear();
    {{monitor.number}}[0] = 0;
    return count;
}
{% endfor %}
}  // namespace

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

const std::vector<SynapticPathway*> pathways = {
{% for pathway in pathways %}
    &{{pathway}},
{% endfor %}
};

void catch_up(std::int64_t step)
{
{% for pathway in deferring %}
    {{pathway}}.catch_up_everywhere(step);
{% endfor %}
}

std::vector<State> state()
{
    return {
{% for bytes, data in state %}
        { {{bytes}}, {{data}} },
{% endfor %}
{% for spines in living if spines.summary %}
        { {{spines.summary}}_sums.births.size()*8, {{spines.summary}}_sums.births.data() },
        { {{spines.summary}}_sums.deaths.size()*8, {{spines.summary}}_sums.deaths.data() },
{% endfor %}
    };
}

}  // namespace neurospine
