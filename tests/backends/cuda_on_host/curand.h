// Names of cuRAND that generated programs mention and never use: random numbers are our own.
#pragma once
#define CURAND_H_
using curandGenerator_t = void*;
enum curandStatus_t {
    CURAND_STATUS_SUCCESS, CURAND_STATUS_VERSION_MISMATCH, CURAND_STATUS_NOT_INITIALIZED,
    CURAND_STATUS_ALLOCATION_FAILED, CURAND_STATUS_TYPE_ERROR, CURAND_STATUS_OUT_OF_RANGE,
    CURAND_STATUS_LENGTH_NOT_MULTIPLE, CURAND_STATUS_DOUBLE_PRECISION_REQUIRED,
    CURAND_STATUS_LAUNCH_FAILURE, CURAND_STATUS_PREEXISTING_FAILURE,
    CURAND_STATUS_INITIALIZATION_FAILED, CURAND_STATUS_ARCH_MISMATCH, CURAND_STATUS_INTERNAL_ERROR
};
enum curandRngType { CURAND_RNG_PSEUDO_DEFAULT };
inline curandStatus_t curandCreateGenerator(curandGenerator_t*, curandRngType) { return CURAND_STATUS_SUCCESS; }
inline curandStatus_t curandDestroyGenerator(curandGenerator_t) { return CURAND_STATUS_SUCCESS; }
inline curandStatus_t curandSetPseudoRandomGeneratorSeed(curandGenerator_t, unsigned long long) { return CURAND_STATUS_SUCCESS; }
inline curandStatus_t curandSetGeneratorOffset(curandGenerator_t, unsigned long long) { return CURAND_STATUS_SUCCESS; }
template <class... Any> curandStatus_t curandGenerateUniform(Any...) { std::abort(); }
template <class... Any> curandStatus_t curandGenerateUniformDouble(Any...) { std::abort(); }
template <class... Any> curandStatus_t curandGenerateNormal(Any...) { std::abort(); }
template <class... Any> curandStatus_t curandGenerateNormalDouble(Any...) { std::abort(); }
template <class... Any> curandStatus_t curandGeneratePoisson(Any...) { std::abort(); }
