// A lease on a stream: an exclusive flock on a file that a worker holds while it lives. The kernel
// releases the lock when the worker dies, whatever the cause, so a stream never has two workers,
// whoever else has crashed. The file has one line about its holder: pid, start time and run id.
// Only the holder of the lock removes the file. After locking, a program checks that its file is
// still the one in the folder. Any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace tidegate::net {

struct LeaseHolder {
    pid_t pid = 0;
    unsigned long long start_time = 0;  // net::process_start_time(pid)
    std::string run_id;
    bool operator==(LeaseHolder const&) const = default;
};

class Lease {
public:
    // Why there is no lease.
    struct Refused {
        std::optional<LeaseHolder> holder;  // nullopt: nobody, or the file does not say who
        std::string reason;                 // a sentence
    };
    // Locks the file, creates it if there is none (0644), and writes our line into it. Waits up to
    // 40 ms for the lock, blocking the thread.
    static std::expected<Lease, Refused> take(std::string const& file, std::string const& run_id);

    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();  // removes the file and releases the lock

private:
    Lease(int descriptor, std::string file) : descriptor_(descriptor), file_(std::move(file)) {}
    int descriptor_ = -1;
    std::string file_;
};

// Who holds the lease now; nullopt: nobody does, or the holder has not written its line yet. The
// error is a sentence.
std::expected<std::optional<LeaseHolder>, std::string> read_lease(std::string const& file);

// Removes a file that a killed holder has left. Does nothing if somebody holds the lease.
void remove_stale_lease(std::string const& file);

}  // namespace tidegate::net
