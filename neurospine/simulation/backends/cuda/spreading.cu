// What goes along dendrites. Sums and looks are done on the device; diffusion, which has one place
// after the other to go through, by the host (spreading.cpp).
#include "runtime.h"

namespace neurospine {

namespace {

__global__ void add_up(const double* from, const std::int32_t* index, std::size_t count, double* to)
{
    const std::size_t k = (std::size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (k < count) atomicAdd(&to[index[k]], from[k]);
}

__global__ void look_at(double* here, const std::int32_t* index, std::size_t count, const double* there)
{
    const std::size_t k = (std::size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (k < count) here[k] = there[index[k]];
}

}  // namespace

void collect(
    thrust::device_vector<double>& from, thrust::device_vector<std::int32_t>& index, double* to)
{
    add_up<<<blocks(from.size()), THREADS>>>(data(from), data(index), from.size(), to);
    check(cudaGetLastError());
}

void look(
    thrust::device_vector<double>& here, thrust::device_vector<std::int32_t>& index, const double* there)
{
    look_at<<<blocks(here.size()), THREADS>>>(data(here), data(index), here.size(), there);
    check(cudaGetLastError());
}

void spread_on_device(double* values, const double* coupling, std::size_t count, double share, const double* interval)
{
    std::vector<double> amounts(count), rates(count);
    double seconds = 0.0;
    transfer(amounts.data(), values, count * sizeof(double));
    transfer(rates.data(), coupling, count * sizeof(double));
    transfer(&seconds, interval, sizeof seconds);
    spread(amounts.data(), rates.data(), count, share * seconds);
    transfer(values, amounts.data(), count * sizeof(double));
}

}  // namespace neurospine
