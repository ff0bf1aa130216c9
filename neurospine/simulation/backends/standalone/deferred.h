// Postsynaptic spikes that wait at their cell until spikes of axons arrive (see deferring.py).
#pragma once
#include <cstdint>
#include <vector>

class DeferredSpikes
{
public:
    // What is to be done: a note for each synapse, in stretches that hold a synapse once. A stretch
    // has the last note of its synapses, the one after it the last but one, and so on.
    std::vector<std::int32_t> synapses, notes;
    std::vector<std::size_t> ends;
    std::vector<double> time;
    std::vector<std::int64_t> step;

    bool empty() const { return time.empty(); }

    void note(std::int32_t cell, double spiked, std::int64_t in_step)
    {
        if ((std::size_t)cell >= last.size()) last.resize(cell + 1, -1);
        before.push_back(last[cell]);
        last[cell] = (std::int32_t)time.size();
        time.push_back(spiked);
        step.push_back(in_step);
    }

    // Find what waits for some synapses of an axon; `cells` has the postsynaptic cell of each synapse.
    void find(std::int32_t axon, const std::int32_t* wanted, std::int32_t count, const std::vector<std::int32_t>& cells)
    {
        if ((std::size_t)axon >= done.size()) done.resize(axon + 1, 0);
        const std::int32_t first = done[axon], cells_noted = (std::int32_t)last.size();
        done[axon] = (std::int32_t)time.size();
        ends.clear();
        std::size_t end = 0;
        make_room(count);
        for (std::int32_t k = 0; k < count; k++) {
            const std::int32_t cell = cells[wanted[k]];
            const std::int32_t note = cell < cells_noted ? last[cell] : -1;
            synapses[end] = wanted[k];
            notes[end] = note;
            end += note >= first;
        }
        for (std::size_t from = 0; from < end;) {
            ends.push_back(end);
            const std::size_t to = end;
            make_room(2 * to - from);
            for (std::size_t k = from; k < to; k++) {
                const std::int32_t note = before[notes[k]];
                synapses[end] = synapses[k];
                notes[end] = note;
                end += note >= first;
            }
            from = to;
        }
    }

    void forget()
    {
        time.clear();
        step.clear();
        before.clear();
        last.assign(last.size(), -1);
        done.assign(done.size(), 0);
    }

private:
    std::vector<std::int32_t> before, last;  // the note before of the same cell; the last of each cell
    // Notes that the synapses of each axon know of: all of them at once, as an axon has one delay.
    std::vector<std::int32_t> done;

    void make_room(std::size_t size)
    {
        if (synapses.size() >= size) return;
        synapses.resize(size);
        notes.resize(size);
    }
};
