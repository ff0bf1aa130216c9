// Where the arguments of this network go, and what its streams are made of.
namespace neurospine {
namespace {

template <class T> void* sized(std::vector<T>& array, std::size_t count)
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
std::size_t {{recording.stream}}(std::vector<char>& payload)
{
{% for array in recording.arrays %}
    append(payload, {{array}}.data(), {{array}}.size());
{% endfor %}
    return {{recording.arrays[0]}}.size();
}
{% endfor %}
{% for monitor in spikes %}
std::size_t {{monitor.stream}}(std::vector<char>& payload)
{
    const std::size_t count = {{monitor.times}}.size();
    append(payload, {{monitor.times}}.data(), count);
    append(payload, {{monitor.cells}}.data(), count);
    {{monitor.times}}.clear();
    {{monitor.cells}}.clear();
    {{monitor.number}}[0] = 0;
    return count;
}
{% endfor %}
{% for monitor in traces %}
std::size_t {{monitor.stream}}(std::vector<char>& payload)
{
    const std::size_t count = {{monitor.times}}.size();
    append(payload, {{monitor.times}}.data(), count);
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
    {"{{slot.name}}", {{slot.width}}, [](std::size_t count) -> void* { return {{slot.place}}; }},
{% endfor %}
};

const std::vector<Stream> streams = {
{% for item in recordings + spikes + traces %}
    {"{{item.stream}}", {{item.stream}}},
{% endfor %}
};

}  // namespace neurospine
