// Arithmetic for statements that run on every slot: no branch, no call, so that compilers turn
// loops into vector code. All of it is right to a few parts in 1e16, unless said otherwise.
#ifndef NEUROSPINE_INLINE
#ifdef __CUDACC__
#define NEUROSPINE_INLINE static __host__ __device__ inline
#else
#define NEUROSPINE_INLINE static inline
#endif
#endif

// exp(r) - 1 for |r| <= log(2)/2; (exp(r) - 1 - r)/r**2 is by interpolation at Chebyshev nodes.
NEUROSPINE_INLINE double neurospine_exp_less_one(double r)
{
    const double r2 = r * r, r4 = r2 * r2;
    const double a = 0.5000000000000001 + 0.16666666666666669 * r;
    const double b = 0.041666666666624164 + 0.008333333333330065 * r;
    const double c = 0.0013888888917196719 + 0.00019841269863040545 * r;
    const double d = 2.4801521322368692e-05 + 2.7557268480310024e-06 * r;
    const double e = 2.7620075879983367e-07 + 2.5100375832561234e-08 * r;
    const double p = (a + b * r2) + ((c + d * r2) + e * r4) * r4;
    return r + r2 * p;
}

// x = n log(2) + r with |r| <= log(2)/2. Adding 1.5*2**52 leaves n in the low bits. The relative
// error is |x|/1e16, as large as what the rounding of x does; what is beyond the range of doubles
// becomes 3e-308 or 8e307.
NEUROSPINE_INLINE double neurospine_exp(double x)
{
    x = x < -708.0 ? -708.0 : x;
    x = x > 709.0 ? 709.0 : x;
    const double shifted = x * 1.4426950408889634 + 6755399441055744.0;
    uint64_t exponent;
    memcpy(&exponent, &shifted, 8);
    const double n = (double)(int32_t)exponent;  // a difference would not survive -ffast-math
    const double r = x - n * 0.6931471805599453;
    const double mantissa = 1.0 + neurospine_exp_less_one(r);
    uint64_t bits;
    memcpy(&bits, &mantissa, 8);
    bits += exponent << 52;
    double result;
    memcpy(&result, &bits, 8);
    return result;
}

// (exp(x) - 1)/x, and 1 at 0. With x = n log(2) + r as above, exp(x) - 1 is 2**n - 1 and 2**n times
// what exp(r) is more than 1, so nothing is lost near 0. Beyond 709 it grows no more, times 1/x.
NEUROSPINE_INLINE double neurospine_exprel(double x)
{
    x = x < 1e-300 && x > -1e-300 ? 1e-300 : x;
    double held = x < -700.0 ? -700.0 : x;
    held = held > 709.0 ? 709.0 : held;
    const double shifted = held * 1.4426950408889634 + 6755399441055744.0;
    uint64_t bits;
    memcpy(&bits, &shifted, 8);
    const double n = (double)(int32_t)bits;
    const double more = neurospine_exp_less_one(held - n * 0.6931471805599453);
    bits = 0x3ff0000000000000 + (bits << 52);  // 2**n
    double power;
    memcpy(&power, &bits, 8);
    return (n == 0.0 ? more : (power - 1.0) + power * more) / x;  // -ffast-math adds otherwise
}

// x = 2**n m with m between sqrt(1/2) and sqrt(2), log(m) = 2 atanh(s), s = (m - 1)/(m + 1), and
// (2 atanh(s) - 2 s)/s**3 by interpolation at Chebyshev nodes (relative error below 1e-15). Of what
// is not positive it is the logarithm of the smallest normal number.
NEUROSPINE_INLINE double neurospine_log(double x)
{
    x = x < 2.2250738585072014e-308 ? 2.2250738585072014e-308 : x;
    int64_t bits;
    memcpy(&bits, &x, 8);
    bits -= 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
    // The exponent, made positive, becomes a double by way of the low bits of 1.5*2**52.
    const uint64_t lifted = (((uint64_t)bits ^ 0x8000000000000000) >> 52) + 0x4338000000000000;
    double n;
    memcpy(&n, &lifted, 8);
    n -= 6755399441055744.0 + 2048.0;
    bits = (bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd;
    double m;
    memcpy(&m, &bits, 8);
    const double s = (m - 1.0) / (m + 1.0), square = s * s;
    const double square2 = square * square;
    const double a = 0.6666666666666208 + 0.40000000011206505 * square;
    const double b = 0.2857142413832416 + 0.22222862280108716 * square;
    const double c = 0.18140193802865992 + 0.16621817152858928 * square;
    const double p = a + (b + c * square2) * square2;
    return n * 0.6931471805599453 + (2.0 * s + s * square * p);
}

// In single precision. The logarithm of 2 is in two parts, as the product with the first has no error;
// what is left is that of the argument, 6e-8 of it.

// exp(r) - 1 for |r| <= log(2)/2, and x = n log(2) + r; adding 1.5*2**23 leaves n in the low bits.
NEUROSPINE_INLINE float neurospine_single_exp_less_one(float r)
{
    const float r2 = r * r;
    const float high = 0.0013888889f + 1.984127e-4f * r;
    return r + r2 * ((0.5f + 0.16666667f * r) + r2 * ((0.041666668f + 0.008333334f * r) + r2 * high));
}

NEUROSPINE_INLINE float neurospine_single_expm1(double exponent)
{
    float x = (float)exponent;
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const float shifted = x * 1.442695f + 12582912.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, 4);
    const float n = (float)((int32_t)bits - 0x4b400000);
    const float more = neurospine_single_exp_less_one((x - n * 0.69335938f) + n * 2.1219444e-4f);
    bits = 0x3f800000u + (bits << 23);  // 2**n
    float power;
    memcpy(&power, &bits, 4);
    return (power - 1.0f) + power * more;
}

NEUROSPINE_INLINE float neurospine_single_exp(double exponent)
{
    float x = (float)exponent;
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const float shifted = x * 1.442695f + 12582912.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, 4);
    const float n = (float)((int32_t)bits - 0x4b400000);
    const float mantissa = 1.0f + neurospine_single_exp_less_one((x - n * 0.69335938f) + n * 2.1219444e-4f);
    uint32_t result;
    memcpy(&result, &mantissa, 4);
    result += bits << 23;
    float power;
    memcpy(&power, &result, 4);
    return power;
}

// With the polynomial of neurospine_normal.
NEUROSPINE_INLINE float neurospine_single_log(double number)
{
    float x = (float)number;
    x = x < 1.17549435e-38f ? 1.17549435e-38f : x;
    int32_t bits;
    memcpy(&bits, &x, 4);
    bits -= 0x3f3504f3;  // the bits of sqrt(1/2)
    const float n = (float)(bits >> 23);
    bits = (bits & 0x007fffff) + 0x3f3504f3;
    float m;
    memcpy(&m, &bits, 4);
    m -= 1.0f;
    const float m2 = m * m, m4 = m2 * m2;
    const float low = (1.0f - 0.49999997f * m) + (0.33334193f - 0.25001353f * m) * m2;
    const float high = (0.19955933f - 0.16577993f * m) + (0.14977401f - 0.14269258f * m) * m2;
    return ((low + (high + 0.08533313f * m4) * m4)) * m + 0.6931472f * n;
}

// A mark for compiled programs, where what it is called with is of floats.
NEUROSPINE_INLINE double neurospine_single(double x) { return x; }

template <class Yes, class No>
NEUROSPINE_INLINE auto neurospine_select(bool condition, Yes yes, No no)
    -> decltype(true ? Yes() : No())
{
    return condition ? yes : no;
}
