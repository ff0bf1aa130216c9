// Where the arrays of a program are: here all in the memory of the process.
#pragma once
#include <cstddef>
#include <cstring>

namespace neurospine {

// Copy bytes from anywhere to anywhere.
inline void transfer(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }

}  // namespace neurospine
