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
    for (const Living& spines : living) sort(spines, true);
}

// Give a number to a variable; `to` may be null.
template <class T> void give(T* to, T value)
{
    if (to) transfer(to, &value, sizeof value);
}

void tick_slow_clock(std::int64_t tick)
{
    const std::vector<SlowNumbers> all = slow_numbers();
    if (all.empty()) return;
    progress.ticks++;
    for (const SlowNumbers& numbers : all) {
        give(numbers.tick, progress.ticks);
        give(numbers.time, static_cast<double>(tick) * step);
    }
    if (!stretch().spiking) run_role(REST);
    if (stretch().sampled) run_role(MEASURE);
    if (stretch().sample_steps) run_role(REPLAY);
    run_role(LIVE);
    if (stretch().sampled) run_role(KEEP);
    for (const Living& spines : living)
        if (turn(spines, tick) && stretch().spiking) sort(spines, false);
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
        std::vector<double> values(change.ends[blocks - 1]);
        std::size_t element = 0;
        for (std::size_t block = 0; block < blocks; block++)
            for (; element < (std::size_t)change.ends[block]; element++)
                values[element] = change.table[row * blocks + block];
        transfer(place_of(change.argument, element), values.data(), element * sizeof(double));
    }
}

void begin(bool first)
{
    change_until(progress.began);
    for (const SlowNumbers& numbers : slow_numbers()) {
        give(numbers.interval, static_cast<double>(stretch().slow_steps) * step);
        if (stretch().sample_steps)
            give(numbers.sample_length, static_cast<double>(stretch().sample_steps) * step);
    }
    if (stretch().spiking && !first) {
        run_role(REWIRE);
        for (const Living& spines : living) take_partners(spines);
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
    catch_up(progress.spiked + local - 1);
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
