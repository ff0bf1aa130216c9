// What happens to spines that are born and die. Every slot is in the lists of its cells; where no
// spine is, a spike passes by (templates/synapses.cu).
#include "runtime.h"

namespace neurospine {

namespace {

__global__ void find_turned(
    const std::int8_t* turned, std::size_t size, int* any)
{
    const std::size_t slot = (std::size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (slot < size && turned[slot]) *any = 1;
}

__global__ void take_candidates(
    std::int32_t* pre, const std::int32_t* candidate, const std::int8_t* stage, std::size_t size)
{
    const std::size_t slot = (std::size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (slot < size && !stage[slot]) pre[slot] = candidate[slot];
}

}  // namespace

void check_alone(const char* words, std::vector<std::int32_t> cells)
{
    std::sort(cells.begin(), cells.end());
    if (std::adjacent_find(cells.begin(), cells.end()) != cells.end())
        fail(std::string("CUDA cannot run this: ") + words + ", and a cell has several synapses");
}

void sort(const Living&, bool) {}

bool turn(const Living& spines, std::int64_t tick)
{
    static int* any = nullptr;
    if (!any) check(cudaMalloc((void**)&any, sizeof(int)));
    const std::size_t size = spines.turned->size();
    int found = 0;
    check(cudaMemset(any, 0, sizeof(int)));
    find_turned<<<blocks(size), THREADS>>>(data(*spines.turned), size, any);
    check(cudaGetLastError());
    transfer(&found, any, sizeof found);
    if (found && (spines.events || spines.summary)) {
        const std::vector<std::int8_t> turned = on_host(*spines.turned);
        std::vector<std::int32_t> pre(size);
        if (spines.events) pre = on_host(*spines.pre);
        for (std::size_t slot = 0; slot < size; slot++)
            if (turned[slot]) note(spines, tick, slot, size, turned[slot], pre[slot]);
    }
    write_events(spines, tick);
    return found;
}

void take_partners(const Living& spines)
{
    if (!spines.candidate) return;
    const std::size_t size = spines.pre->size();
    take_candidates<<<blocks(size), THREADS>>>(
        data(*spines.pre), data(*spines.candidate), data(*spines.stage), size);
    check(cudaGetLastError());
    spines.sort();
}

// This program keeps no checkpoints: sums of input come in an order that varies, so a run that
// goes on would not come to the same bits.
void save() {}

bool restore()
{
    extern std::vector<std::FILE*> files;
    for (std::FILE* file : files)
        if (ftruncate(fileno(file), 0) != 0) fail("a record cannot be written");
    return false;
}

}  // namespace neurospine
