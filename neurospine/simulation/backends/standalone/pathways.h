// Which synapses a spike reaches, and when, in place of the queues that come with the generated code.
//
// Spikes are remembered by the cell that sent them, and looked up when they arrive. So a spike
// costs nothing on its way, and it reaches the spines that are there when it arrives.
#define _BRIAN_SYNAPSES_H
#pragma once
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>
#include "deferred.h"

namespace neurospine {
[[noreturn]] void fail(const std::string& message);
}

class SynapticPathway
{
public:
    // Synapses that a spike of one cell reaches with one delay, in order; without a gap if `whole`.
    struct Row {
        const std::int32_t* synapses;
        std::int32_t count, cell;
        bool whole;
    };

    std::vector<std::int32_t>& sources;
    std::vector<std::vector<std::int32_t>> sent;  // cells that spiked, for each of the last steps
    std::int64_t now = 0;                         // place in `sent` of this step

    SynapticPathway(std::vector<std::int32_t>& sources, int first, int end)
        : sources(sources), first(first), cells(end - first) {}

    template <class Scalar> void prepare(
        int, int, const Scalar* delays, int delays_count, const std::int32_t*, int, double step)
    {
        if (delays_count > 1 && (std::size_t)delays_count != sources.size())
            neurospine::fail("there are not as many delays as synapses");
        std::vector<int> steps;
        for (int k = 0; k < delays_count; k++) steps.push_back((int)(delays[k] / step + 0.5));
        waits = steps;
        // What was sent first arrives first.
        std::sort(waits.begin(), waits.end(), std::greater<int>());
        waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
        block.clear();
        if (waits.size() > 1)
            for (int wait : steps)
                block.push_back(std::lower_bound(waits.begin(), waits.end(), wait, std::greater<int>())
                                - waits.begin());
        sent.assign(waits.empty() ? 1 : waits[0] + 1, {});
        now = 0;
        sort();
    }

    void advance()
    {
        now = now + 1 == (std::int64_t)sent.size() ? 0 : now + 1;
        sent[now].clear();
    }

    void push(const std::int32_t* spikes, int count)
    {
        for (int k = 0; k < count; k++)
            if (spikes[k] >= first && spikes[k] < first + cells) sent[now].push_back(spikes[k] - first);
    }

    // The synapses that are reached in this step.
    const std::vector<Row>& reached()
    {
        found.clear();
        for (std::size_t k = 0; k < waits.size(); k++) {
            std::int64_t then = now - waits[k];
            then += then < 0 ? sent.size() : 0;
            for (std::int32_t cell : sent[then]) add_row(k, cell);
        }
        return found;
    }

    // Postsynaptic spikes that wait for the spikes of another pathway, `axons`. The generated code of
    // this pathway, `apply`, keeps them as they come, and does what they do where rows are `due`;
    // presynaptic traces stand as they do in step `until`.
    DeferredSpikes deferred;
    SynapticPathway* axons = nullptr;
    void (*apply)() = nullptr;
    const std::vector<Row>* due = nullptr;
    std::int64_t until = 0;

    void catch_up(const std::vector<Row>& rows, std::int64_t step)
    {
        if (deferred.empty()) return;
        due = &rows;
        until = step;
        apply();
        due = nullptr;
    }

    // Nothing waits any longer.
    void catch_up_everywhere(std::int64_t step)
    {
        if (deferred.empty()) return;
        axons->found.clear();
        for (std::size_t k = 0; k < axons->waits.size(); k++)
            for (std::int32_t cell = 0; cell < axons->cells; cell++) axons->add_row(k, cell);
        catch_up(axons->found, step);
        deferred.forget();
    }

    // Keep the spikes that arrive in this step, of pathways without delay.
    template <class Kept> void defer(double time, std::int64_t step, Kept keep)
    {
        for (std::int32_t cell : sent[now]) {
            deferred.note(first + cell, time, step);
            keep(first + cell);
        }
    }

    // Sort all synapses by source and delay.
    void sort()
    {
        const std::size_t rows = waits.size() * cells;
        begin.assign(rows + 1, 0);
        if (waits.empty()) return;
        for (std::size_t k = 0; k < sources.size(); k++) begin[row_of(k) + 1]++;
        std::partial_sum(begin.begin(), begin.end(), begin.begin());
        all.resize(sources.size());
        count.assign(rows, 0);
        for (std::size_t k = 0; k < sources.size(); k++) {
            const std::size_t row = row_of(k);
            all[begin[row] + count[row]++] = (std::int32_t)k;
        }
        there = all;
    }

    // Let spikes reach the spines that are there and no others; all of them, or where any has turned.
    void keep(const std::int8_t* stage, const std::int8_t* turned)
    {
        std::vector<char> due(count.size(), turned == nullptr);
        if (turned)
            for (std::size_t k = 0; k < sources.size(); k++)
                if (turned[k]) due[row_of(k)] = 1;
        for (std::size_t row = 0; row < count.size(); row++) {
            if (!due[row]) continue;
            std::int32_t *to = &there[begin[row]], kept = 0;
            for (std::int32_t k = begin[row]; k < begin[row + 1]; k++) {
                to[kept] = all[k];
                kept += stage[all[k]] > 0;
            }
            count[row] = kept;
        }
    }

    // The generated code knows how to write queues to files of its own, which it is never asked for.
    const SynapticPathway* queue[1] = {this};
    friend std::ostream& operator<<(std::ostream& to, const SynapticPathway&) { return to; }

private:
    int first, cells;
    std::vector<int> waits;                   // distinct delays in steps, the longest first
    std::vector<std::int32_t> block;          // which of them each synapse has, where there are several
    std::vector<std::int32_t> begin, count;   // of each row: delay, then cell
    std::vector<std::int32_t> all, there;     // synapses by row: all, and first those that are there
    std::vector<Row> found;

    void add_row(std::size_t wait, std::int32_t cell)
    {
        const std::size_t row = wait * cells + cell;
        const std::int32_t n = count[row];
        if (!n) return;
        const std::int32_t* from = &there[begin[row]];
        found.push_back({from, n, cell, from[n - 1] - from[0] == n - 1});
    }

    std::size_t row_of(std::size_t k) const
    {
        return (block.empty() ? 0 : (std::size_t)block[k] * cells) + (sources[k] - first);
    }
};
