// Where the arrays of a program are: some in the memory of the process, most in that of the device.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace neurospine {

const int THREADS = 256;  // of a block

inline void check(cudaError_t status)
{
    if (status == cudaSuccess) return;
    std::fprintf(stderr, "neurospine: the device failed: %s\n", cudaGetErrorString(status));
    std::exit(3);
}

// Copy bytes from anywhere to anywhere, after all that the device was asked to do before.
inline void transfer(void* to, const void* from, std::size_t bytes)
{
    if (bytes) check(cudaMemcpy(to, from, bytes, cudaMemcpyDefault));
}

template <class T> T* data(thrust::device_vector<T>& array)
{
    return array.empty() ? nullptr : thrust::raw_pointer_cast(array.data());
}

template <class T> std::vector<T> on_host(thrust::device_vector<T>& array)
{
    std::vector<T> copy(array.size());
    transfer(copy.data(), data(array), copy.size() * sizeof(T));
    return copy;
}

template <class T> void to_device(thrust::device_vector<T>& array, const std::vector<T>& from)
{
    array.resize(from.size());
    transfer(data(array), from.data(), from.size() * sizeof(T));
}

// How many blocks have so many threads; a launch has at least one.
inline int blocks(std::size_t threads) { return threads ? (int)((threads + THREADS - 1) / THREADS) : 1; }

}  // namespace neurospine
