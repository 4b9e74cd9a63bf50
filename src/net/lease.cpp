#include "net/lease.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
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

// A file is found removed after it was locked once for each holder that ended in that moment.
constexpr int kOpenTries = 100;

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

bool write_ourselves(int descriptor, std::string const& run_id) {
    auto const self =
        write_holder({::getpid(), process_start_time(::getpid()).value_or(0), run_id});
    return ::ftruncate(descriptor, 0) == 0 &&
           ::pwrite(descriptor, self.data(), self.size(), 0) == static_cast<ssize_t>(self.size());
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;

    explicit operator bool() const { return number_ >= 0; }
    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

// A lock on a file that has been removed, or has a successor, is worth nothing.
bool is_still_there(int descriptor, std::string const& file) {
    struct stat ours{}, theirs{};
    return ::fstat(descriptor, &ours) == 0 && ::lstat(file.c_str(), &theirs) == 0 &&
           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

// REQUIRES: the exclusive lock.
void remove_locked(int descriptor, std::string const& file) {
    if (is_still_there(descriptor, file)) ::unlink(file.c_str());
}

}  // namespace

std::expected<Lease, Lease::Refused> Lease::take(std::string const& file,
                                                 std::string const& run_id) {
    for (int i = 0; i < kOpenTries; ++i) {
        Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
        if (!opened) return std::unexpected(Refused{std::nullopt, last_error("open", file)});
        if (!lock_exclusively(opened.get())) {
            if (errno != EWOULDBLOCK) {
                return std::unexpected(Refused{std::nullopt, last_error("flock", file)});
            }
            return std::unexpected(
                Refused{read_holder(opened.get()), "another worker holds the lease " + file});
        }
        if (!is_still_there(opened.get(), file)) continue;
        Lease lease(opened.release(), file);
        if (write_ourselves(lease.descriptor_, run_id)) return lease;
        return std::unexpected(Refused{std::nullopt, last_error("write", file)});
    }
    return std::unexpected(Refused{std::nullopt, "the lease " + file + " changes all the time"});
}

Lease::Lease(Lease&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), file_(std::move(other.file_)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(file_, other.file_);
    return *this;
}

Lease::~Lease() {
    if (descriptor_ < 0) return;
    remove_locked(descriptor_, file_);
    ::close(descriptor_);
}

std::expected<std::optional<LeaseHolder>, std::string> read_lease(std::string const& file) {
    for (int i = 0; i < kOpenTries; ++i) {
        Descriptor const opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        if (!opened) {
            if (errno == ENOENT) return std::nullopt;
            return std::unexpected(last_error("open", file));
        }
        // A shared lock is granted only while no worker holds the exclusive one.
        if (::flock(opened.get(), LOCK_SH | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return std::unexpected(last_error("flock", file));
            return read_holder(opened.get());
        }
        if (is_still_there(opened.get(), file)) return std::nullopt;
    }
    return std::unexpected("the lease " + file + " changes all the time");
}

void remove_stale_lease(std::string const& file) {
    Descriptor const opened(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (opened && ::flock(opened.get(), LOCK_EX | LOCK_NB) == 0) remove_locked(opened.get(), file);
}

}  // namespace tidegate::net
