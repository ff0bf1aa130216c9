// Bytes a second that a device reads and writes when it copies four GB of its own memory.
#include <cstdio>

int main()
{
    const std::size_t bytes = (std::size_t)4 << 30;
    const int repeats = 10;
    char *from, *to;
    if (cudaMalloc((void**)&from, bytes) || cudaMalloc((void**)&to, bytes)) return 1;
    cudaEvent_t start, stop;
    cudaEventCreate(&start);
    cudaEventCreate(&stop);
    cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToDevice);
    cudaEventRecord(start);
    for (int k = 0; k < repeats; k++) cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToDevice);
    cudaEventRecord(stop);
    if (cudaEventSynchronize(stop)) return 1;
    float milliseconds;
    cudaEventElapsedTime(&milliseconds, start, stop);
    std::printf("%g\n", 2.0 * bytes * repeats / (milliseconds * 1e-3));
}
