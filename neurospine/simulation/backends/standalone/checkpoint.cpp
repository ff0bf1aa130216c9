// The whole state of the program in a file, so that an interrupted run goes on to the same bits.
#include <chrono>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime.h"

namespace neurospine {

extern std::vector<std::FILE*> files;
extern double checkpoint_seconds;
extern std::string place;

namespace {

const std::uint64_t CHECKPOINT = 0x324b48435053534eULL;  // "NSSPCHK2"
using clock = std::chrono::steady_clock;

// Writes or reads pieces, each padded to whole words, and adds the words up.
struct Checked {
    std::FILE* file;
    std::uint64_t sum = 0, count = 0;
    bool whole = true;

    void write(const void* data, std::size_t bytes)
    {
        const char* at = static_cast<const char*>(data);
        for (std::size_t k = 0; k < bytes; k += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at + k, bytes - k < 8 ? bytes - k : 8);
            sum += word * (2 * ++count + 1);
        }
        const std::uint64_t nothing = 0;
        const std::size_t padding = (8 - bytes % 8) % 8;
        if (std::fwrite(data, 1, bytes, file) != bytes) whole = false;
        if (std::fwrite(&nothing, 1, padding, file) != padding) whole = false;
    }

    void read(void* data, std::size_t bytes)
    {
        char nothing[8];
        const std::size_t padding = (8 - bytes % 8) % 8;
        if (std::fread(data, 1, bytes, file) != bytes) whole = false;
        if (std::fread(nothing, 1, padding, file) != padding) whole = false;
    }
};

// Whether a file is a whole checkpoint; it is read to its end.
bool intact(std::FILE* file)
{
    std::vector<std::uint64_t> words(8192);
    std::uint64_t magic = 0, sum = 0, count = 0, last = 0;
    bool any = false;
    if (std::fread(&magic, sizeof magic, 1, file) != 1 || magic != CHECKPOINT) return false;
    while (const std::size_t got = std::fread(words.data(), 8, words.size(), file))
        for (std::size_t k = 0; k < got; k++) {
            if (any) sum += last * (2 * ++count + 1);
            last = words[k];
            any = true;
        }
    return any && sum == last;
}

[[noreturn]] void refuse(const std::string& what)
{
    fail(what + ": without " + place + "checkpoint.bin the run starts from its beginning");
}

void write_state(Checked& out)
{
    out.write(&progress, sizeof progress);
    for (std::FILE* file : files) {
        const std::int64_t size = std::ftell(file);
        out.write(&size, sizeof size);
    }
    for (const State& piece : state()) out.write(piece.data, piece.bytes);
    for (const SynapticPathway* pathway : pathways) {
        const std::int64_t head[2] = {pathway->now, (std::int64_t)pathway->sent.size()};
        out.write(head, sizeof head);
        for (const std::vector<std::int32_t>& spikes : pathway->sent) {
            const std::int64_t size = spikes.size();
            out.write(&size, sizeof size);
            out.write(spikes.data(), spikes.size() * sizeof(std::int32_t));
        }
    }
}

void read_state(Checked& in)
{
    in.read(&progress, sizeof progress);
    std::vector<std::int64_t> sizes(files.size());
    for (std::size_t k = 0; k < files.size(); k++) {
        struct stat now;
        in.read(&sizes[k], sizeof sizes[k]);
        if (fstat(fileno(files[k]), &now) != 0 || now.st_size < sizes[k])
            refuse(std::string("records of ") + streams[k].name + " are lost");
    }
    for (const State& piece : state()) in.read(piece.data, piece.bytes);
    for (SynapticPathway* pathway : pathways) {
        std::int64_t head[2] = {0, 1};
        in.read(head, sizeof head);
        if (!in.whole || head[1] != (std::int64_t)pathway->sent.size()) refuse("the checkpoint does not fit");
        pathway->now = head[0];
        for (std::vector<std::int32_t>& spikes : pathway->sent) {
            std::int64_t size = 0;
            in.read(&size, sizeof size);
            if (!in.whole) refuse("the checkpoint does not fit");
            spikes.resize(size);
            in.read(spikes.data(), spikes.size() * sizeof(std::int32_t));
        }
    }
    if (!in.whole) refuse("the checkpoint does not fit");
    for (std::size_t k = 0; k < files.size(); k++)
        if (ftruncate(fileno(files[k]), sizes[k]) != 0 || std::fseek(files[k], 0, SEEK_END) != 0)
            fail("cannot write in " + place);
}

}  // namespace

void save()
{
    static clock::time_point last = clock::now();
    if (std::chrono::duration<double>(clock::now() - last).count() < checkpoint_seconds) return;
    const std::string aside = place + "checkpoint.new", name = place + "checkpoint.bin";
    // Without room for a checkpoint the run still can go on; the one before stays.
    if (Checked out{std::fopen(aside.c_str(), "wb")}; out.file) {
        const std::uint64_t magic = CHECKPOINT;
        if (std::fwrite(&magic, sizeof magic, 1, out.file) != 1) out.whole = false;
        write_state(out);
        const std::uint64_t sum = out.sum;
        if (std::fwrite(&sum, sizeof sum, 1, out.file) != 1) out.whole = false;
        if (std::fclose(out.file) != 0) out.whole = false;
        if (!out.whole || std::rename(aside.c_str(), name.c_str()) != 0) std::remove(aside.c_str());
    }
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
    // Nothing is changed before all of it is known to be whole.
    if (!intact(in.file)) refuse("the checkpoint is damaged");
    std::fseek(in.file, sizeof CHECKPOINT, SEEK_SET);
    read_state(in);
    std::fclose(in.file);
    return true;
}

}  // namespace neurospine
