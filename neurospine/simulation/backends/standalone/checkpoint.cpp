// The whole state of the program in a file, so that an interrupted run goes on to the same bits.
#include <chrono>
#include <unistd.h>

#include "runtime.h"

namespace neurospine {

extern std::vector<std::FILE*> files;
extern double checkpoint_seconds;
extern std::string place;

namespace {

const std::uint64_t CHECKPOINT = 0x314b48435053534eULL;  // "NSSPCHK1"
using clock = std::chrono::steady_clock;

// Writes or reads words, and adds them up.
struct Checked {
    std::FILE* file;
    std::uint64_t sum = 0, count = 0;
    bool whole = true;

    void add(const void* data, std::size_t bytes)
    {
        const char* at = static_cast<const char*>(data);
        for (std::size_t k = 0; k < bytes; k += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at + k, bytes - k < 8 ? bytes - k : 8);
            sum += word * (2 * ++count + 1);
        }
    }

    void write(const void* data, std::size_t bytes)
    {
        add(data, bytes);
        if (bytes && std::fwrite(data, 1, bytes, file) != bytes) whole = false;
    }

    void read(void* data, std::size_t bytes)
    {
        if (bytes && std::fread(data, 1, bytes, file) != bytes) whole = false;
        else add(data, bytes);
    }
};

void write_state(Checked& out)
{
    out.write(&progress, sizeof progress);
    for (std::FILE* file : files) {
        const std::int64_t size = std::ftell(file);
        out.write(&size, sizeof size);
    }
    for (const State& piece : state()) out.write(piece.data, piece.bytes);
    for (auto queue : queues) {
        const CSpikeQueue& waiting = *queue();
        const std::int64_t head[2] = {waiting.offset, (std::int64_t)waiting.queue.size()};
        out.write(head, sizeof head);
        for (const std::vector<std::int32_t>& spikes : waiting.queue) {
            const std::int64_t size = spikes.size();
            out.write(&size, sizeof size);
            out.write(spikes.data(), spikes.size() * sizeof(std::int32_t));
        }
    }
}

void read_state(Checked& in)
{
    in.read(&progress, sizeof progress);
    for (std::FILE* file : files) {
        std::int64_t size = 0;
        in.read(&size, sizeof size);
        if (!in.whole || ftruncate(fileno(file), size) != 0) fail("the checkpoint does not fit");
        std::fseek(file, 0, SEEK_END);
    }
    for (const State& piece : state()) in.read(piece.data, piece.bytes);
    for (auto queue : queues) {
        CSpikeQueue& waiting = *queue();
        std::int64_t head[2] = {0, 1};
        in.read(head, sizeof head);
        if (!in.whole || head[1] != (std::int64_t)waiting.queue.size()) fail("the checkpoint does not fit");
        waiting.offset = static_cast<int>(head[0]);
        for (std::vector<std::int32_t>& spikes : waiting.queue) {
            std::int64_t size = 0;
            in.read(&size, sizeof size);
            if (!in.whole) fail("the checkpoint is cut short");
            spikes.resize(size);
            in.read(spikes.data(), spikes.size() * sizeof(std::int32_t));
        }
    }
}

}  // namespace

void save()
{
    static clock::time_point last = clock::now();
    if (std::chrono::duration<double>(clock::now() - last).count() < checkpoint_seconds) return;
    const std::string aside = place + "checkpoint.new", name = place + "checkpoint.bin";
    Checked out{std::fopen(aside.c_str(), "wb")};
    if (!out.file) fail("a checkpoint could not be written in " + place);
    const std::uint64_t magic = CHECKPOINT;
    std::fwrite(&magic, sizeof magic, 1, out.file);
    write_state(out);
    const std::uint64_t sum = out.sum;
    if (std::fwrite(&sum, sizeof sum, 1, out.file) != 1) out.whole = false;
    if (std::fclose(out.file) != 0) out.whole = false;
    // Without room for a checkpoint the run still can go on; the one before stays.
    if (out.whole) std::rename(aside.c_str(), name.c_str());
    else std::remove(aside.c_str());
    last = clock::now();
}

bool restore()
{
    Checked in{std::fopen((place + "checkpoint.bin").c_str(), "rb")};
    if (!in.file) {
        for (std::FILE* file : files)
            if (ftruncate(fileno(file), 0) != 0) fail("cannot write in " + place);
        return false;
    }
    std::uint64_t magic = 0, sum = 0;
    if (std::fread(&magic, sizeof magic, 1, in.file) != 1 || magic != CHECKPOINT)
        fail("the checkpoint is damaged");
    read_state(in);
    if (std::fread(&sum, sizeof sum, 1, in.file) != 1 || !in.whole || sum != in.sum)
        fail("the checkpoint is damaged");
    std::fclose(in.file);
    return true;
}

}  // namespace neurospine
