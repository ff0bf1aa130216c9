// Goes through the stretches of a run, as `_Driver` of backends/runtime.py does in Python.
#include "runtime.h"

namespace neurospine {

Progress progress;

namespace {

bool resumed = false;

const Stretch& stretch() { return schedule[progress.stretch]; }

void run_role(Role role)
{
    for (const Border& border : borders)
        if (border.role == role) border.run();
}

// Let spikes reach the spines that are there, after births, deaths or a change of partners.
void sort_all()
{
    for (const Living& spines : living) spines.sort();
}

// Take spikes on their way to spines that have died, or were not there, out of a queue.
void forget(CSpikeQueue& arrivals, const std::vector<std::int8_t>& turned)
{
    for (std::vector<std::int32_t>& waiting : arrivals.queue) {
        std::size_t kept = 0;
        for (std::int32_t spine : waiting)
            if (!turned[spine]) waiting[kept++] = spine;
        waiting.resize(kept);
    }
}

// Note births and deaths; say whether there were any.
bool turn(const Living& spines, std::int64_t tick)
{
    const std::vector<std::int8_t>& turned = *spines.turned;
    const std::size_t size = turned.size(), word = sizeof(std::uint64_t);
    bool any = false;
    for (std::size_t first = 0; first < size; first += word) {
        const std::size_t last = first + word < size ? first + word : size;
        std::uint64_t eight = 0;
        std::memcpy(&eight, &turned[first], last - first);
        if (!eight) continue;
        any = true;
        for (std::size_t slot = first; slot < last; slot++) {
            if (!turned[slot]) continue;
            if (spines.summary) {
                const std::size_t copy = slot / (size / spines.summary->copies[0]);
                spines.summary->births[copy] += turned[slot] >> 1 & 1;
                spines.summary->deaths[copy] += turned[slot] & 1;
            }
            if (spines.events) {
                spines.events->tick.push_back(tick);
                spines.events->slot.push_back(static_cast<std::int32_t>(slot));
                spines.events->pre.push_back((*spines.pre)[slot]);
                spines.events->what.push_back(turned[slot]);
            }
        }
    }
    if (any)
        for (CSpikeQueue* queue : spines.arrivals()) forget(*queue, turned);
    if (spines.events && spines.events->slot.size() > Events::MOST) record_stream(spines.stream, tick);
    return any;
}

void tick_slow_clock(std::int64_t tick)
{
    const std::vector<SlowNumbers> all = slow_numbers();
    if (all.empty()) return;
    progress.ticks++;
    for (const SlowNumbers& numbers : all) {
        if (numbers.tick) *numbers.tick = progress.ticks;
        if (numbers.time) *numbers.time = static_cast<double>(tick) * step;
    }
    if (!stretch().spiking) run_role(REST);
    if (stretch().sampled) run_role(MEASURE);
    if (stretch().sample_steps) run_role(REPLAY);
    run_role(LIVE);
    if (stretch().sampled) run_role(KEEP);
    for (const Living& spines : living)
        if (turn(spines, tick) && stretch().spiking) spines.sort();
}

// Give variables that change the values that hold from a border on. They are no part of the state.
void change_until(std::int64_t tick)
{
    static std::size_t now = 0;
    std::size_t row = now;
    while (row + 1 < change_steps.size() && change_steps[row + 1] <= tick) row++;
    if (row == now) return;
    now = row;
    for (const Change& change : changes) {
        const std::size_t blocks = change.ends.size();
        double* at = static_cast<double*>(arguments[change.argument].place(change.ends[blocks - 1]));
        std::int64_t element = 0;
        for (std::size_t block = 0; block < blocks; block++)
            for (; element < change.ends[block]; element++) at[element] = change.table[row * blocks + block];
    }
}

void begin(bool first)
{
    change_until(progress.began);
    for (const SlowNumbers& numbers : slow_numbers()) {
        *numbers.interval = static_cast<double>(stretch().slow_steps) * step;
        if (numbers.sample_length && stretch().sample_steps)
            *numbers.sample_length = static_cast<double>(stretch().sample_steps) * step;
    }
    if (stretch().spiking && !first) {
        run_role(REWIRE);
        for (const Living& spines : living)
            if (spines.candidate)
                for (std::size_t slot = 0; slot < spines.pre->size(); slot++)
                    if (!(*spines.stage)[slot]) (*spines.pre)[slot] = (*spines.candidate)[slot];
    }
    if (!stretch().spiking && !stretch().sample_steps) run_role(QUIET);
    if (stretch().sampled) run_role(BEGIN);
}

void snapshot(std::int64_t local)
{
    record(progress.began + local);
    change_until(progress.began + local);
    progress.local = local;
    save();
}

// Do what is due before a step of a stretch of spiking, or at its end.
void border(std::int64_t local)
{
    for (std::size_t k = 0; k < borders.size(); k++)
        if (settling[k] && (progress.spiked + local) % settling[k] == 0) borders[k].run();
    if (local % stretch().slow_steps == 0) tick_slow_clock(progress.began + local);
    if (local % stretch().record_steps == 0) snapshot(local);
}

}  // namespace

double at_border(std::int64_t spiked)
{
    const std::int64_t local = spiked - progress.spiked;
    // What was due at the start of a stretch was done at the end of the one before.
    if (local == 0 || (resumed && local == progress.local)) sort_all();
    else border(local);
    resumed = false;
    return 0.0;
}

void go(Network& network)
{
    for (const Living& spines : living)
        if (spines.summary)
            for (auto* count : {&spines.summary->births, &spines.summary->deaths})
                count->assign(spines.summary->copies[0], 0.0);
    resumed = restore();
    if (resumed) change_until(progress.began + progress.local);
    else record(0);
    for (; progress.stretch < (std::int64_t)schedule.size(); progress.stretch++) {
        if (!resumed) begin(progress.stretch == 0);
        if (stretch().spiking) {
            network.t = static_cast<double>(progress.spiked + progress.local) * step;
            if (progress.local < stretch().steps) {
                network.run(static_cast<double>(stretch().steps - progress.local) * step, NULL, 10.0);
                if (Network::_globally_stopped) return;
                border(stretch().steps);
            }
            progress.spiked += stretch().steps;
        } else {
            resumed = false;
            for (std::int64_t k = progress.local; k < stretch().steps;) {
                if (Network::_globally_stopped) return;
                k += stretch().slow_steps;
                tick_slow_clock(progress.began + k);
                if (k % stretch().record_steps == 0) snapshot(k);
            }
        }
        resumed = false;
        progress.began += stretch().steps;
        progress.local = 0;
    }
}

}  // namespace neurospine
