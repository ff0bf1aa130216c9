// What the generated program calls: numbers in at the start, snapshots out while it runs.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace neurospine {

// One array that the program gets at the start of a run. `place` makes room for `count`
// elements and returns where they go, or null if the program holds another number of them.
struct Argument {
    const char* name;
    std::size_t width;
    void* (*place)(std::size_t count);
};

// One stream of records that the program writes while it runs. `fill` appends the payload
// and returns the number of elements in it.
struct Stream {
    const char* name;
    std::size_t (*fill)(std::vector<char>& payload);
};

void load(const std::string& folder);    // read arguments.bin, open the streams
double duration();                       // biological seconds to run
double record(std::int64_t tick);        // append one record to every stream
int finish();                            // close the streams; exit status of the program

template <class T> void append(std::vector<char>& payload, const T* data, std::size_t count)
{
    const char* bytes = reinterpret_cast<const char*>(data);
    payload.insert(payload.end(), bytes, bytes + count * sizeof(T));
    payload.resize((payload.size() + 7) / 8 * 8);
}

}  // namespace neurospine
