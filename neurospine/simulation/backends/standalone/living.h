// Spines that are born and die, and the pathways of spikes to them.
#pragma once
#include <cstdint>
#include <vector>

namespace neurospine {

struct Events;
struct Summary;

// A set of synapses whose spines are born and die.
struct Living {
    std::vector<std::int8_t>*stage, *turned;
    std::vector<std::int32_t>*pre, *candidate;  // the last may be null
    void (*sort)(bool anew);  // let spikes reach the spines that are there, and no others
    Events* events;    // null where they are not recorded
    std::size_t stream;  // of the events
    Summary* summary;  // the same
};

extern const std::vector<SynapticPathway*> pathways;

}  // namespace neurospine
