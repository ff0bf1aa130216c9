// What happens to spines that are born and die.
#include "runtime.h"

namespace neurospine {

void sort(const Living& spines, bool anew) { spines.sort(anew); }

bool turn(const Living& spines, std::int64_t tick)
{
    const std::int8_t* turned = spines.turned->data();
    const int size = (int)spines.turned->size(), stretch = 64;
    bool any = false;
    for (int first = 0; first < size; first += stretch) {
        const int last = first + stretch < size ? first + stretch : size;
        std::int8_t one = 0;
        for (int slot = first; slot < last; slot++) one |= turned[slot];
        if (!one) continue;
        any = true;
        for (int slot = first; slot < last; slot++)
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
