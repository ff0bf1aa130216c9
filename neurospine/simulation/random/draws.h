// Threefry-2x32 with 13 rounds and what is drawn from one block of it (64 bits). The same text
// serves C++, Cython and CUDA; words.py, poisson.py and noise.py say the same in numpy.
//
// Nothing here branches or calls the maths library, so that a compiler can turn a loop over
// slots into vector code, and two draws of one block that meet in a statement cost one block.
#ifndef NEUROSPINE_INLINE
#ifdef __CUDACC__
#define NEUROSPINE_INLINE static __host__ __device__ inline
#else
#define NEUROSPINE_INLINE static inline
#endif
#endif

struct neurospine_words {
    uint32_t first, second;
};

NEUROSPINE_INLINE neurospine_words neurospine_mix(neurospine_words x, const int rotation)
{
    x.first += x.second;
    x.second = ((x.second << rotation) | (x.second >> (32 - rotation))) ^ x.first;
    return x;
}

NEUROSPINE_INLINE neurospine_words neurospine_block(
    int32_t slot, int64_t tick, int32_t key0, int32_t key1)
{
    const uint32_t k0 = (uint32_t)key0 ^ (uint32_t)((uint64_t)tick >> 32), k1 = (uint32_t)key1;
    const uint32_t k2 = k0 ^ k1 ^ 0x1BD11BDAu;
    neurospine_words x = {(uint32_t)slot + k0, (uint32_t)tick + k1};
    x = neurospine_mix(neurospine_mix(neurospine_mix(neurospine_mix(x, 13), 15), 26), 6);
    x.first += k1, x.second += k2 + 1u;
    x = neurospine_mix(neurospine_mix(neurospine_mix(neurospine_mix(x, 17), 29), 16), 24);
    x.first += k2, x.second += k0 + 2u;
    x = neurospine_mix(neurospine_mix(neurospine_mix(neurospine_mix(x, 13), 15), 26), 6);
    x.first += k0, x.second += k1 + 3u;
    return neurospine_mix(x, 17);
}

// How often something of this mean happens within a step; all 32 bits of the first word.
NEUROSPINE_INLINE double neurospine_poisson_count(
    int32_t slot, int64_t tick, double mean, int32_t key0, int32_t key1)
{
    uint32_t limit[8];
    double term = exp(-mean), sum = 0.0;
    for (int k = 0; k < 8; k++) {
        sum += term;
        term *= mean / (k + 1.0);
        const double word = ceil(sum * 4294967296.0) - 1.0;
        limit[k] = word < 4294967295.0 ? (uint32_t)word : 4294967295u;
    }
    const uint32_t word = neurospine_block(slot, tick, key0, key1).first;
    return (word > limit[0]) + (word > limit[1]) + (word > limit[2]) + (word > limit[3])
         + (word > limit[4]) + (word > limit[5]) + (word > limit[6]) + (word > limit[7]);
}

// A number between 0 and 1, both excluded, from the second word. Halves of 2**-32 are fine enough
// for what happens once in a year of steps of a second.
NEUROSPINE_INLINE double neurospine_uniform(
    int32_t slot, int64_t tick, int32_t key0, int32_t key1)
{
    const neurospine_words x = neurospine_block(slot, tick, key0, key1);
    const int32_t centred = (int32_t)(x.second ^ 0x80000000u);
    return ((double)centred + 2147483648.5) * 2.3283064365386963e-10;
}

// A standard normal number (Box and Muller). Its radius is from the upper 24 bits of the first
// word, its angle from the lower 8 of both; half a turn of angles is enough for one number. The
// polynomials interpolate log(1 + m)/m on (sqrt(1/2) - 1, sqrt(2) - 1) and sin(pi/2 z)/z as a
// function of z**2 on (0, 1) at Chebyshev nodes, with relative errors of 3e-8 and 7e-9.
NEUROSPINE_INLINE float neurospine_normal(int32_t slot, int64_t tick, int32_t key0, int32_t key1)
{
    const neurospine_words x = neurospine_block(slot, tick, key0, key1);
    const float share = (float)(int32_t)(x.first >> 7 | 1u);  // of 2**25
    int32_t bits;
    memcpy(&bits, &share, 4);
    bits -= 0x3f3504f3;  // the bits of sqrt(1/2)
    const float exponent = (float)(bits >> 23) - 25.0f;
    bits = (bits & 0x007fffff) + 0x3f3504f3;
    float m;
    memcpy(&m, &bits, 4);
    m -= 1.0f;
    const float m2 = m * m, m4 = m2 * m2;
    const float low = (1.0f - 0.49999997f * m) + (0.33334193f - 0.25001353f * m) * m2;
    const float high = (0.19955933f - 0.16577993f * m) + (0.14977401f - 0.14269258f * m) * m2;
    const float p = low + (high + 0.08533313f * m4) * m4;
    const float logarithm = p * m + 0.6931472f * exponent;

    const int32_t turn = (int32_t)((x.first & 0xffu) << 8 | (x.second & 0xffu));
    const float z = (float)turn * 3.0517578125e-05f - 0.9999847412109375f;
    const float square = z * z;
    const float fourth = square * square;
    const float rest = 0.07968992f - 0.0046741436f * square + 0.0001516717f * fourth;
    const float sine = (1.5707964f - 0.6459638f * square) + rest * fourth;
    return sqrtf(-2.0f * logarithm) * (sine * z);
}
