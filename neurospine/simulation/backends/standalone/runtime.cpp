// Reads arguments and writes segments; the formats are those of results/segments.py.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <new>
#include <sys/file.h>

#include "runtime.h"

namespace neurospine {

double step = 0.0;
double checkpoint_seconds = 0.0;
std::string place;
std::vector<Stretch> schedule;
std::vector<std::int64_t> settling;
std::vector<std::int64_t> change_steps;
std::vector<Change> changes;
std::vector<std::FILE*> files;

[[noreturn]] void fail(const std::string& message)
{
    std::cerr << "neurospine: " << message << std::endl;
    std::exit(3);
}

namespace {

const std::uint64_t ARGUMENTS = 0x335347524150534eULL;  // "NSPARGS3"
const std::uint64_t SEGMENT = 0x314745535053534eULL;    // "NSSPSEG1"

void read(std::FILE* file, void* to, std::size_t bytes)
{
    if (std::fread(to, 1, bytes, file) != bytes) fail("the arguments are cut short");
}

template <class T> void read_some(std::FILE* file, std::vector<T>& to, std::size_t count)
{
    to.resize(count);
    if (count) read(file, to.data(), count * sizeof(T));
}

// Read numbers to where they belong, piece by piece.
void read_to(std::FILE* file, void* to, std::size_t bytes)
{
    static char piece[1 << 16];
    for (std::size_t done = 0; done < bytes;) {
        const std::size_t size = std::min(sizeof piece, bytes - done);
        read(file, piece, size);
        transfer(static_cast<char*>(to) + done, piece, size);
        done += size;
    }
}

void read_changes(std::FILE* file)
{
    std::uint64_t sizes[2];  // rows, variables
    read(file, sizes, sizeof sizes);
    read_some(file, change_steps, sizes[0]);
    changes.resize(sizes[1]);
    for (Change& change : changes) {
        std::uint64_t head[2];  // argument, blocks
        read(file, head, sizeof head);
        if (head[0] >= arguments.size() || arguments[head[0]].width != sizeof(double))
            fail("the arguments are of another program");
        change.argument = head[0];
        read_some(file, change.ends, head[1]);
        read_some(file, change.table, sizes[0] * head[1]);
    }
}

std::uint64_t checksum(std::uint64_t tick, std::uint64_t count, const char* data, std::size_t bytes)
{
    std::uint64_t sum = tick + 3 * count;
    for (std::size_t k = 0; k < bytes / 8; k++) {
        std::uint64_t word;
        std::memcpy(&word, data + 8 * k, 8);
        sum += word * (2 * static_cast<std::uint64_t>(k) + 5);
    }
    return sum;
}

void report(std::int64_t tick)
{
    using clock = std::chrono::steady_clock;
    static clock::time_point next = clock::now();
    if (clock::now() < next) return;
    next = clock::now() + std::chrono::milliseconds(100);
    std::printf("tick %lld\n", static_cast<long long>(tick));
    std::fflush(stdout);
}

[[noreturn]] void fail_to_write()
{
    fail(std::string("a record could not be written (") + std::strerror(errno) + ")");
}

}  // namespace

void load(const std::string& folder)
{
    std::FILE* file = std::fopen((folder + "arguments.bin").c_str(), "rb");
    if (!file) fail("no arguments.bin in " + folder);
    place = folder;
    std::set_new_handler([] { fail("out of memory"); });
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is an error like a full disk
    const int lock = open((folder + "program.lock").c_str(), O_RDWR | O_CREAT, 0644);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) fail("another run is writing to " + folder);
    std::uint64_t head[4];
    read(file, head, sizeof head);
    if (head[0] != ARGUMENTS || head[1] != arguments.size() || head[3] != borders.size())
        fail("the arguments are of another program");
    read(file, &step, sizeof step);
    read(file, &checkpoint_seconds, sizeof checkpoint_seconds);
    schedule.resize(head[2]);
    read(file, schedule.data(), schedule.size() * sizeof(Stretch));
    settling.resize(head[3]);
    read(file, settling.data(), settling.size() * sizeof(std::int64_t));
    for (std::size_t number = 0; number < arguments.size(); number++) {
        const Argument& argument = arguments[number];
        std::uint64_t count;
        read(file, &count, sizeof count);
        void* place = place_of(number, count);
        if (!place && count) fail(std::string("wrong size of ") + argument.name);
        const std::size_t bytes = count * argument.width, padding = (8 - bytes % 8) % 8;
        char nothing[8];
        read_to(file, place, bytes);
        if (padding) read(file, nothing, padding);
    }
    read_changes(file);
    std::fclose(file);
    for (const Stream& stream : streams) {
        std::FILE* out = std::fopen((folder + stream.name + ".segment").c_str(), "ab");
        if (!out) fail("cannot write in " + folder);
        files.push_back(out);
    }
}

void record_stream(std::size_t number, std::int64_t tick)
{
    static std::vector<char> payload;
    payload.clear();
    const std::int64_t shift = progress.began - progress.spiked;
    const std::uint64_t count = streams[number].fill(payload, shift);
    std::uint64_t head[5] = {SEGMENT, static_cast<std::uint64_t>(tick), count, payload.size(), 0};
    head[4] = checksum(head[1], head[2], payload.data(), payload.size());
    std::FILE* file = files[number];
    if (std::fwrite(head, sizeof head, 1, file) != 1
        || std::fwrite(payload.data(), 1, payload.size(), file) != payload.size()
        || std::fflush(file) != 0)
        fail_to_write();
}

// Snapshots of spines come last: a run cut off in between has all spikes up to each of them.
void record(std::int64_t tick)
{
    for (std::size_t number = streams.size(); number-- > 0;) record_stream(number, tick);
    report(tick);
}

void note(
    const Living& spines, std::int64_t tick, std::size_t slot, std::size_t size, std::int8_t turned,
    std::int32_t pre)
{
    if (spines.summary) {
        const std::size_t copy = slot / (size / spines.summary->copies[0]);
        spines.summary->births[copy] += turned >> 1 & 1;
        spines.summary->deaths[copy] += turned & 1;
    }
    if (spines.events) {
        spines.events->tick.push_back(tick);
        spines.events->slot.push_back(static_cast<std::int32_t>(slot));
        spines.events->pre.push_back(pre);
        spines.events->what.push_back(turned);
    }
}

void write_events(const Living& spines, std::int64_t tick)
{
    if (spines.events && spines.events->slot.size() > Events::MOST) record_stream(spines.stream, tick);
}

std::size_t summarise(
    std::vector<char>& payload, const Summary& summary, const std::vector<double>& volume,
    const std::vector<std::int8_t>& stage, int stages)
{
    const int bins = 60;
    const double lowest = std::log(1e-4), scale = bins / std::log(10.0 / 1e-4);
    const std::size_t copies = summary.copies[0], size = volume.size() / copies;
    std::vector<double> row(stages + 5 + bins);
    for (std::size_t copy = 0; copy < copies; copy++) {
        row.assign(row.size(), 0.0);
        double* moments = &row[stages];
        for (std::size_t slot = copy * size; slot < (copy + 1) * size; slot++) {
            row[stage[slot]]++;
            if (!stage[slot]) continue;
            const double logarithm = std::log(volume[slot]);
            const double place = std::floor((logarithm - lowest) * scale);
            moments[0] += volume[slot];
            moments[1] += logarithm;
            moments[2] += logarithm * logarithm;
            moments[5 + (place < 0 ? 0 : place < bins ? (int)place : bins - 1)]++;
        }
        moments[3] = summary.births[copy];
        moments[4] = summary.deaths[copy];
        append(payload, row.data(), row.size());
    }
    return copies * row.size();
}

int finish()
{
    std::printf("tick %lld\n", static_cast<long long>(progress.began + progress.local));
    for (std::FILE* file : files)
        if (std::fclose(file) != 0) fail_to_write();
    return 0;
}

}  // namespace neurospine
