// A lease on a stream: an exclusive flock on a file that a worker holds for life. The kernel
// releases it at death, whatever the cause, so "exactly one" holds across crashes of everybody
// else. The file tells who holds it, in one line: pid, start time and run id (design §6). Only the
// holder of the lock removes the file. After locking, a program checks that its file is still the
// one in the folder. Any thread.
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
    unsigned long long start_time = 0;  // field 22 of /proc/<pid>/stat
    std::string run_id;
    bool operator==(LeaseHolder const&) const = default;
};

class Lease {
public:
    // Why it could not be had: held by somebody (who, as far as the file tells), or a system's
    // sentence.
    struct Refused {
        std::optional<LeaseHolder> holder;
        std::string reason;
    };
    // Creates the file if needed (0644) and writes ourselves into it. Waits 40 ms for a holder.
    static std::expected<Lease, Refused> take(std::string const& file, std::string const& run_id);

    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();  // removes the file and releases

private:
    Lease(int descriptor, std::string file) : descriptor_(descriptor), file_(std::move(file)) {}
    int descriptor_ = -1;
    std::string file_;
};

// Who holds the file's lease now; nullopt when nobody does (a stale file, or none). The error is a
// sentence.
std::expected<std::optional<LeaseHolder>, std::string> read_lease(std::string const& file);

// Removes the file that a killed holder has left; one that is held stays.
void remove_stale_lease(std::string const& file);

}  // namespace tidegate::net
