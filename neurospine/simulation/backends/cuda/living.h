// Spines that are born and die, on the device.
#pragma once
#include <cstdint>

#include "memory.h"

namespace neurospine {

struct Events;
struct Summary;

// A set of synapses whose spines are born and die.
struct Living {
    thrust::device_vector<std::int8_t>*stage, *turned;
    thrust::device_vector<std::int32_t>*pre, *candidate;  // the last may be null
    void (*sort)();  // by partners
    Events* events;    // null where they are not recorded
    std::size_t stream;  // of the events
    Summary* summary;  // the same
};

}  // namespace neurospine
