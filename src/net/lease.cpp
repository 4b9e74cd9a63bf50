#include "net/lease.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "net/child_process.hpp"

namespace tidegate::net {

namespace {

// read_lease() holds a shared lock for an instant; a holder that lives keeps its own for longer
// than this.
constexpr int kLockTries = 5;
constexpr std::chrono::milliseconds kLockPause{10};

bool lock_exclusively(int descriptor) {
    for (int i = 0; i < kLockTries; ++i) {
        if (i != 0) std::this_thread::sleep_for(kLockPause);
        if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK) return false;
    }
    return false;
}

// Far above what write_holder writes.
constexpr std::size_t kMaxFileBytes = 1024;

std::string last_error(std::string const& what, std::string const& file) {
    return what + " " + file + ": " + std::strerror(errno);
}

// "<pid> <startTime> <runId>\n": three words, written and read only here.
std::string write_holder(LeaseHolder const& holder) {
    return std::to_string(holder.pid) + " " + std::to_string(holder.start_time) + " " +
           holder.run_id + "\n";
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end == text.data() + text.size() || *end != ' ') return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return true;
}

std::optional<LeaseHolder> parse_holder(std::string_view text) {
    LeaseHolder holder;
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    if (!take_number(text, holder.pid) || !take_number(text, holder.start_time))
        return std::nullopt;
    holder.run_id = text;
    return holder;
}

std::optional<LeaseHolder> read_holder(int descriptor) {
    std::array<char, kMaxFileBytes> buffer;
    auto const count = ::pread(descriptor, buffer.data(), buffer.size(), 0);
    if (count <= 0) return std::nullopt;
    return parse_holder({buffer.data(), static_cast<std::size_t>(count)});
}

}  // namespace

std::expected<Lease, Lease::Refused> Lease::take(std::string const& file,
                                                 std::string const& run_id) {
    int const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor < 0) return std::unexpected(Refused{std::nullopt, last_error("open", file)});
    Lease lease(descriptor);
    if (!lock_exclusively(descriptor)) {
        if (errno != EWOULDBLOCK) {
            return std::unexpected(Refused{std::nullopt, last_error("flock", file)});
        }
        return std::unexpected(
            Refused{read_holder(descriptor), "another worker holds the lease " + file});
    }
    auto const self =
        write_holder({::getpid(), process_start_time(::getpid()).value_or(0), run_id});
    bool const written =
        ::ftruncate(descriptor, 0) == 0 &&
        ::pwrite(descriptor, self.data(), self.size(), 0) == static_cast<ssize_t>(self.size());
    if (!written) return std::unexpected(Refused{std::nullopt, last_error("write", file)});
    return lease;
}

Lease::Lease(Lease&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

Lease::~Lease() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::expected<std::optional<LeaseHolder>, std::string> read_lease(std::string const& file) {
    int const descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) {
        if (errno == ENOENT) return std::nullopt;
        return std::unexpected(last_error("open", file));
    }
    Lease const guard(descriptor);
    // A shared lock is granted only while no worker holds the exclusive one.
    if (::flock(descriptor, LOCK_SH | LOCK_NB) == 0) return std::nullopt;
    if (errno != EWOULDBLOCK) return std::unexpected(last_error("flock", file));
    return read_holder(descriptor);
}

}  // namespace tidegate::net
