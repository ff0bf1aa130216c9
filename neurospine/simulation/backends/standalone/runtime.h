// What the generated program is made of besides the code objects: numbers in at the start, the
// stretches of time it goes through, snapshots out while it runs, and its state at checkpoints.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "living.h"
#include "memory.h"

namespace neurospine {

// One array that the program gets at the start of a run, and the bytes of an element of it.
struct Argument {
    const char* name;
    std::size_t width;
};

// One stream of records that the program writes while it runs. `fill` appends the payload and
// returns the number of elements in it; times of spiking are `shift` steps earlier than
// biological ones.
struct Stream {
    const char* name;
    std::size_t (*fill)(std::vector<char>& payload, std::int64_t shift);
};

// Statements that are run at borders between steps; the roles are those of network.py.
enum Role { SETTLE, REST, QUIET, REWIRE, BEGIN, MEASURE, REPLAY, LIVE, KEEP };
struct Border {
    Role role;
    void (*run)();
};

// The numbers of a set of synapses that tell its statements what time it is.
struct SlowNumbers {
    std::int64_t* tick;
    double *interval, *time, *sample_length;  // all but interval may be null
};

// Births and deaths of a set of synapses since the last record of them.
struct Events {
    static const std::size_t MOST = 1 << 20;  // more are not kept in memory

    std::vector<std::int64_t> tick;
    std::vector<std::int32_t> slot, pre;
    std::vector<std::int8_t> what;
};

// What is summed up of all spines of a set of synapses, in each copy of the circuit.
struct Summary {
    std::vector<std::int32_t> copies;  // their number
    std::vector<double> births, deaths;
};

// A piece of the state of the program.
struct State {
    std::size_t bytes;
    void* data;
};

// One phase of the run, in steps (see schedule.py).
struct Stretch {
    std::int64_t spiking, steps, slow_steps, record_steps, sampled, sample_steps;
};

// A variable that changes while the run goes on: blocks of elements with one value each (see
// network.py). `table` has a row for each of `change_steps`.
struct Change {
    std::uint64_t argument;
    std::vector<std::int64_t> ends;
    std::vector<double> table;
};

// How far the run has come.
struct Progress {
    std::int64_t stretch = 0, local = 0;  // stretch, and steps of it that are done
    std::int64_t began = 0, spiked = 0;   // steps before the stretch: biological, and of spiking
    std::int64_t ticks = 0;               // of the slow clock
};

extern const std::vector<Argument> arguments;  // these are written for each network
// Makes room for `count` elements of an argument and returns where they go, or null if the program
// holds another number of them.
void* place_of(std::size_t argument, std::size_t count);
extern const std::vector<Stream> streams;
extern const std::vector<Border> borders;
extern const std::vector<Living> living;
std::vector<SlowNumbers> slow_numbers();
std::vector<State> state();

extern double step;                        // seconds
extern std::vector<Stretch> schedule;
extern std::vector<std::int64_t> settling;  // steps between two runs of each border, or 0
extern std::vector<std::int64_t> change_steps;
extern std::vector<Change> changes;
extern Progress progress;

// Let postsynaptic spikes wait no longer; presynaptic traces stand as they do in a step.
void catch_up(std::int64_t step);

// What goes along dendrites (see spreading.py): diffusion between neighbours, sums of what spines
// release, and what is at a spine.
void spread(double* values, const double* coupling, std::size_t count, double interval);
void collect(const std::vector<double>& from, const std::vector<std::int32_t>& index, double* to);
void look(std::vector<double>& here, const std::vector<std::int32_t>& index, const double* there);

// What happens to spines that are born and die (living.cpp).
void sort(const Living& spines, bool anew);  // let spikes reach the spines that are there
bool turn(const Living& spines, std::int64_t tick);  // was there any?
void take_partners(const Living& spines);  // give empty slots their new presynaptic cells
// Count and record that a slot of so many has turned; write what was recorded if it is much.
void note(
    const Living& spines, std::int64_t tick, std::size_t slot, std::size_t size, std::int8_t turned,
    std::int32_t pre);
void write_events(const Living& spines, std::int64_t tick);

[[noreturn]] void fail(const std::string& message);

void load(const std::string& folder);  // read arguments.bin, open the streams
void record(std::int64_t tick);        // append one record to every stream
void record_stream(std::size_t number, std::int64_t tick);  // append one to one of them
void save();                           // write a checkpoint, if it is time
bool restore();                        // go back to the last checkpoint, if there is one

void go(Network& network);             // run all stretches
double at_border(std::int64_t spiked);  // called before a step, every so many steps
int finish();                          // close the streams; exit status of the program

// Append stage counts, moments, births, deaths and a histogram (see results/summary.py).
std::size_t summarise(
    std::vector<char>& payload, const Summary& summary, const std::vector<double>& volume,
    const std::vector<std::int8_t>& stage, int stages);

template <class T> void append(std::vector<char>& payload, const T* data, std::size_t count)
{
    const char* bytes = reinterpret_cast<const char*>(data);
    payload.insert(payload.end(), bytes, bytes + count * sizeof(T));
    payload.resize((payload.size() + 7) / 8 * 8);
}

// Append the chosen elements as another type.
template <class To, class From>
void append_some(std::vector<char>& payload, const From* data, const std::vector<std::int32_t>& slots)
{
    const std::size_t start = payload.size();
    payload.resize(start + (slots.size() * sizeof(To) + 7) / 8 * 8);
    for (std::size_t k = 0; k < slots.size(); k++) {
        const To value = static_cast<To>(data[slots[k]]);
        std::memcpy(&payload[start + k * sizeof(To)], &value, sizeof(To));
    }
}

// Append times of spiking as biological times.
inline void append_times(
    std::vector<char>& payload, const double* times, std::size_t count, std::int64_t shift)
{
    std::vector<double> shifted(count);
    for (std::size_t k = 0; k < count; k++)
        shifted[k] = static_cast<double>(std::llround(times[k] / step) + shift) * step;
    append(payload, shifted.data(), count);
}

}  // namespace neurospine
