// Lets a CUDA program run on the processor, one thread after the other, so that what it does can
// be held to other programs where there is no device. Memory of the device can be reached by
// kernels and copies only: anything else that touches it ends the program. What it cannot show:
// races between threads, and how atomic operations are ordered.
#pragma once
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
#define __restrict

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace cuda_on_host {

const std::size_t ALL = std::size_t(1) << 34;

struct Arena {
    char* base;
    std::size_t used = 0, opened = 0;
    int depth = 0;

    Arena()
    {
        void* room = mmap(nullptr, ALL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (room == MAP_FAILED) std::abort();
        base = static_cast<char*>(room);
    }

    void protect(int how)
    {
        const std::size_t bytes = (used + 4095) / 4096 * 4096;
        if (bytes && mprotect(base, bytes, how) != 0) std::abort();
    }

    void* take(std::size_t bytes)
    {
        void* place = base + used;
        used += (bytes + 4351) / 256 * 256;  // with room between, so that what goes beyond shows
        if (used > ALL) std::abort();
        if (depth) protect(PROT_READ | PROT_WRITE);
        return place;
    }
};

inline Arena& arena()
{
    static Arena* made = new Arena;
    return *made;
}

// Memory of the device may be reached as long as one of these lives.
struct Open {
    Open() { if (arena().depth++ == 0) arena().protect(PROT_READ | PROT_WRITE); }
    ~Open() { if (--arena().depth == 0) arena().protect(PROT_NONE); }
};

template <class... P> auto launch(void (*kernel)(P...), dim3 grid, dim3 block, std::size_t = 0)
{
    return [=](P... given) {
        if (!grid.x || !grid.y || !block.x || block.x > 1024) {
            std::fprintf(stderr, "a launch of %u x %u blocks of %u threads\n", grid.x, grid.y, block.x);
            std::abort();
        }
        const Open open;
        gridDim = grid, blockDim = block;
        for (blockIdx.y = 0; blockIdx.y < grid.y; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < grid.x; blockIdx.x++)
                for (threadIdx.x = 0; threadIdx.x < block.x; threadIdx.x++) kernel(given...);
    };
}

}  // namespace cuda_on_host

// What of the runtime the programs use.
enum cudaError_t { cudaSuccess };
using cudaError = cudaError_t;
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice, cudaMemcpyDefault };
enum cudaLimit { cudaLimitMallocHeapSize };
struct cudaDeviceProp {
    int multiProcessorCount = 4, maxThreadsPerBlock = 1024, maxThreadsPerMultiProcessor = 2048;
    int warpSize = 32;
    std::size_t sharedMemPerBlock = 49152;
};
struct cudaFuncAttributes {
    int maxThreadsPerBlock = 1024, numRegs = 0;
    std::size_t sharedSizeBytes = 0, localSizeBytes = 0, constSizeBytes = 0;
};
inline const char* cudaGetErrorString(cudaError_t) { return "none"; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaSetDevice(int) { return cudaSuccess; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaProfilerStop() { return cudaSuccess; }
inline cudaError_t cudaDeviceSetLimit(cudaLimit, std::size_t) { return cudaSuccess; }
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* to, int) { return *to = {}, cudaSuccess; }
inline cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* all)
{
    return *free = *all = cuda_on_host::ALL, cudaSuccess;
}
template <class K> cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* to, K) { return *to = {}, cudaSuccess; }
template <class K, class... More>
cudaError_t cudaOccupancyMaxPotentialBlockSize(int* grid, int* threads, K, More...)
{
    return *grid = 4, *threads = 64, cudaSuccess;
}
template <class K, class... More>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, K, More...)
{
    return *blocks = 8, cudaSuccess;
}
inline cudaError_t cudaMalloc(void** to, std::size_t bytes)
{
    *to = cuda_on_host::arena().take(bytes);
    const cuda_on_host::Open open;
    std::memset(*to, 0xfe, bytes);  // nobody may count on zeros
    return cudaSuccess;
}
inline cudaError_t cudaFree(void*) { return cudaSuccess; }
inline cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind)
{
    const cuda_on_host::Open open;
    std::memcpy(to, from, bytes);
    return cudaSuccess;
}
inline cudaError_t cudaMemset(void* to, int value, std::size_t bytes)
{
    const cuda_on_host::Open open;
    std::memset(to, value, bytes);
    return cudaSuccess;
}
template <class T> cudaError_t cudaMemcpyToSymbol(T& symbol, const void* from, std::size_t bytes)
{
    std::memcpy((void*)&symbol, from, bytes);
    return cudaSuccess;
}

// What of the device functions.
inline void __syncthreads() {}
inline void __threadfence() {}
template <class T, class U> T atomicAdd(T* to, U value)
{
    const T before = *to;
    *to = before + (T)value;
    return before;
}
template <class T, class U, class V> T atomicCAS(T* to, U expected, V value)
{
    const T before = *to;
    if (before == (T)expected) *to = (T)value;
    return before;
}
template <class To, class From> To bits_as(From value)
{
    To to;
    static_assert(sizeof to == sizeof value);
    std::memcpy(&to, &value, sizeof to);
    return to;
}
inline long long __double_as_longlong(double x) { return bits_as<long long>(x); }
inline double __longlong_as_double(long long x) { return bits_as<double>(x); }
inline int __float_as_int(float x) { return bits_as<int>(x); }
inline float __int_as_float(int x) { return bits_as<float>(x); }
