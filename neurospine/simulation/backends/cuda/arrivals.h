// Which synapses a spike reaches, and when: the lists of a pathway, on the device.
//
// Spikes wait in the rings of eventspaces that the generated program keeps, one for each step. A
// synapse looks back by its delay, so nothing is pushed, and steps need no word with the host.
#pragma once
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "memory.h"

namespace neurospine {

// What a kernel needs of a pathway. Row (delay, cell) of `rows` is where the synapses begin that
// spikes of the cell reach with that delay.
struct Reach {
    const std::int32_t *rows, *ids, *delays;
    std::int32_t* const* ring;
    int first, cells;  // of the sources
    int slots, now;    // of the ring
    int counter;       // where an eventspace holds the number of its spikes
    int lanes;         // threads for the synapses of one spike
};

using Ring = thrust::host_vector<std::int32_t*>;

class Arrivals {
public:
    // Make lists from the source cell of each synapse and the delay of each (or of all).
    void prepare(
        thrust::device_vector<std::int32_t>& sources, thrust::device_vector<double>& delay,
        double step, int first, int cells, Ring& ring, const std::int32_t* nothing, int counter)
    {
        const std::vector<std::int32_t> source = on_host(sources);
        std::map<int, int> distinct;
        std::vector<int> steps;
        for (double seconds : on_host(delay)) {
            steps.push_back((int)(seconds / step + 0.5));
            distinct[steps.back()] = 0;
        }
        if (steps.size() > 1 && steps.size() != source.size()) {
            std::fprintf(stderr, "neurospine: a delay for each synapse is expected\n");
            std::exit(3);
        }
        std::vector<std::int32_t> all;
        for (auto& entry : distinct) {
            entry.second = (int)all.size();
            all.push_back(entry.first);
        }
        auto row = [&](std::size_t k) {
            const int block = distinct[steps.size() > 1 ? steps[k] : steps[0]];
            return (std::size_t)block * (cells + 1) + (source[k] - first);
        };
        std::vector<std::int32_t> rows(all.size() * (cells + 1) + 1), ids(source.size());
        for (std::size_t k = 0; k < source.size(); k++) rows[row(k) + 1]++;
        std::partial_sum(rows.begin(), rows.end(), rows.begin());
        std::vector<std::int32_t> next(rows);
        for (std::size_t k = 0; k < source.size(); k++) ids[next[row(k)]++] = (std::int32_t)k;
        to_device(rows_, rows);
        to_device(ids_, ids);
        to_device(delays_, all);
        reach_ = {data(rows_), data(ids_), data(delays_), nullptr, first, cells, 0, 0, counter, 1};
        const double mean = (double)source.size() / std::max(1, cells) / std::max<std::size_t>(1, all.size());
        while (reach_.lanes < THREADS && reach_.lanes < mean) reach_.lanes *= 2;
        if (!source.empty()) grow(ring, all.back() + 1, nothing, counter);
    }

    bool any() const { return !ids_.empty(); }

    // Enough threads for all cells at once, but not more than keep the device busy.
    dim3 grid() const
    {
        const int most = std::max(1, 16 * brian::num_parallel_blocks / (int)delays_.size());
        const std::size_t threads = (std::size_t)reach_.cells * reach_.lanes;
        return dim3(std::min(most, blocks(threads)), (unsigned)delays_.size());
    }

    Reach now(Ring& ring, int current)
    {
        if (ring_.size() != ring.size())
            to_device(ring_, std::vector<std::int32_t*>(ring.begin(), ring.end()));
        Reach reach = reach_;
        reach.ring = data(ring_);
        reach.slots = (int)ring.size();
        reach.now = current;
        return reach;
    }

private:
    // Make a ring remember the spikes of so many steps.
    static void grow(Ring& ring, std::size_t slots, const std::int32_t* nothing, int counter)
    {
        const std::size_t bytes = (counter + 1) * sizeof(std::int32_t);
        while (ring.size() < slots) {
            std::int32_t* space = nullptr;
            check(cudaMalloc((void**)&space, bytes));
            transfer(space, nothing, bytes);
            ring.push_back(space);
        }
    }

    thrust::device_vector<std::int32_t> rows_, ids_, delays_;
    thrust::device_vector<std::int32_t*> ring_;
    Reach reach_ = {};
};

}  // namespace neurospine
