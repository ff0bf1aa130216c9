#pragma once
struct curandState {};
inline void curand_init(unsigned long long, unsigned long long, unsigned long long, curandState*) { std::abort(); }
