// Spikes, traces and snapshots stay on the device until they are recorded, or until there is no
// more room for them; a step needs no word with the host.
#pragma once
#include <algorithm>
#include <utility>

#include "memory.h"

// How many spikes of a population, and numbers of a trace, stay on the device at the most.
#ifndef NEUROSPINE_ROOM
#define NEUROSPINE_ROOM (1 << 20)
#endif

namespace neurospine {

struct Spike {
    std::int64_t step;
    std::int32_t cell;
};

static __global__ void note_spikes(
    const std::int32_t* fired, int counter, std::int64_t step, Spike* spikes, int* count)
{
    const int number = fired[counter];
    for (int k = blockIdx.x * blockDim.x + threadIdx.x; k < number; k += gridDim.x * blockDim.x)
        spikes[atomicAdd(count, 1)] = {step, fired[k]};
}

// The spikes of a population since the last record.
class SpikeNotes {
public:
    void note(const std::int32_t* fired, int counter, std::int64_t step)
    {
        if (!count_) {
            room_ = std::max(counter, NEUROSPINE_ROOM);
            spikes_.resize(room_);
            check(cudaMalloc((void**)&count_, sizeof(int)));
            check(cudaMemset(count_, 0, sizeof(int)));
        }
        if (bound_ > room_ - counter) drain();
        bound_ += counter;
        note_spikes<<<std::min(64, blocks(counter)), THREADS>>>(fired, counter, step, data(spikes_), count_);
        check(cudaGetLastError());
    }

    // Return all, by step and cell, and forget them.
    std::vector<Spike> take()
    {
        drain();
        std::sort(waiting_.begin(), waiting_.end(), [](const Spike& a, const Spike& b) {
            return a.step < b.step || (a.step == b.step && a.cell < b.cell);
        });
        return std::exchange(waiting_, {});
    }

private:
    void drain()
    {
        if (!count_) return;
        int count = 0;
        transfer(&count, count_, sizeof count);
        const std::size_t before = waiting_.size();
        waiting_.resize(before + count);
        transfer(waiting_.data() + before, data(spikes_), count * sizeof(Spike));
        check(cudaMemset(count_, 0, sizeof(int)));
        bound_ = 0;
    }

    thrust::device_vector<Spike> spikes_;
    std::vector<Spike> waiting_;
    int* count_ = nullptr;
    int room_ = 0, bound_ = 0;  // no more than `bound_` are on the device
};

// One variable of some cells, a row for each sample since the last record.
template <class T> class TraceRows {
public:
    // Return where the next row goes.
    T* next(int cells)
    {
        cells_ = cells;
        if (rows_.empty()) rows_.resize((std::size_t)std::max(1, NEUROSPINE_ROOM / std::max(1, cells)) * cells);
        if ((std::size_t)(held_ + 1) * cells > rows_.size()) drain();
        return data(rows_) + (std::size_t)held_++ * cells;
    }

    std::vector<T> take()
    {
        drain();
        return std::exchange(waiting_, {});
    }

private:
    void drain()
    {
        const std::size_t before = waiting_.size(), more = (std::size_t)held_ * cells_;
        waiting_.resize(before + more);
        transfer(waiting_.data() + before, data(rows_), more * sizeof(T));
        held_ = 0;
    }

    thrust::device_vector<T> rows_;
    std::vector<T> waiting_;
    int cells_ = 0, held_ = 0;
};

template <class To, class From>
static __global__ void gather(const From* from, const std::int32_t* slots, std::size_t count, To* to)
{
    const std::size_t k = (std::size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (k < count) to[k] = static_cast<To>(from[slots[k]]);
}

// Append the chosen elements of an array on the device as another type.
template <class To, class From>
void append_some(
    std::vector<char>& payload, thrust::device_vector<From>& from, thrust::device_vector<std::int32_t>& slots)
{
    static thrust::device_vector<To> chosen;
    const std::size_t count = slots.size(), start = payload.size();
    payload.resize(start + (count * sizeof(To) + 7) / 8 * 8);
    if (!count) return;
    chosen.resize(count);
    gather<To, From><<<blocks(count), THREADS>>>(data(from), data(slots), count, data(chosen));
    check(cudaGetLastError());
    transfer(payload.data() + start, data(chosen), count * sizeof(To));
}

}  // namespace neurospine
