// What happens to spines that are born and die.
#include "runtime.h"

namespace neurospine {

void sort(const Living& spines, bool anew) { spines.sort(anew); }

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
        for (std::size_t slot = first; slot < last; slot++)
            if (turned[slot]) note(spines, tick, slot, size, turned[slot], (*spines.pre)[slot]);
    }
    write_events(spines, tick);
    return any;
}

void take_partners(const Living& spines)
{
    if (!spines.candidate) return;
    for (std::size_t slot = 0; slot < spines.pre->size(); slot++)
        if (!(*spines.stage)[slot]) (*spines.pre)[slot] = (*spines.candidate)[slot];
}

}  // namespace neurospine
