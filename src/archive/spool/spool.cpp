#include "archive/spool/spool.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <optional>
#include <string_view>

#include "base/number.hpp"

namespace tidegate::archive {

namespace {

constexpr std::string_view kEnd = ".json";
// Of a 64-bit number: so that names sort as numbers do.
constexpr std::size_t kDigits = 20;
// A hook writes its file within milliseconds, or it has been killed. In seconds.
constexpr std::int64_t kWrittenWithin = 3600;

std::string name_of(Spool::Id id) {
    auto digits = std::to_string(id);
    return std::string(kDigits - digits.size(), '0') + digits + std::string(kEnd);
}

std::optional<Spool::Id> id_of(std::string_view name) {
    if (name.size() != kDigits + kEnd.size() || !name.ends_with(kEnd)) return std::nullopt;
    return base::parse_number<Spool::Id>(name.substr(0, kDigits));
}

std::expected<std::vector<Spool::Id>, std::string> ids_in(std::string const& folder) {
    std::unique_ptr<DIR, int (*)(DIR*)> const opened(::opendir(folder.c_str()), &::closedir);
    if (!opened) return file_error("open", folder);
    std::vector<Spool::Id> ids;
    while (auto const* const item = ::readdir(opened.get())) {
        if (auto const id = id_of(item->d_name)) ids.push_back(*id);
    }
    return ids;
}

std::int64_t now_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Spool::Id last_number(int descriptor) {
    std::array<char, kDigits> text{};
    auto const count = ::pread(descriptor, text.data(), text.size(), 0);
    if (count <= 0) return 0;
    return base::parse_number<Spool::Id>({text.data(), static_cast<std::size_t>(count)})
        .value_or(0);
}

// Larger than the last one, and than the time. So numbers ascend while the clock is set back, and
// also if the last number was lost with the machine's power.
std::optional<Spool::Id> next_number(int descriptor) {
    auto const next = std::max(last_number(descriptor) + 1, static_cast<Spool::Id>(now_ns()));
    auto const text = std::to_string(next);
    auto const written = ::pwrite(descriptor, text.data(), text.size(), 0);
    return written == static_cast<ssize_t>(text.size()) ? std::optional(next) : std::nullopt;
}

}  // namespace

std::string Spool::file(char const* part, Id id) const {
    return in(part) + "/" + name_of(id);
}

std::expected<Spool, std::string> Spool::open(std::string const& folder) {
    Spool spool(folder);
    if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
    for (auto const* const part : {"queue", "state", "dead", "new"}) {
        if (auto made = make_folder(spool.in(part)); !made) return std::unexpected(made.error());
    }
    return spool;
}

// Each hook holds it for some milliseconds.
std::expected<File, std::string> Spool::lock_sequence() const {
    auto const name = in("sequence");
    File locked(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!locked) return file_error("open", name);
    while (::flock(locked.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return file_error("flock", name);
    }
    return locked;
}

std::expected<std::size_t, std::string> Spool::room(std::size_t most) const {
    auto const ids = ids_in(in("queue"));
    if (!ids) return std::unexpected(ids.error());
    if (ids->size() < most) return most - ids->size();
    return std::unexpected(
        "the spool " + folder_ + " is full: " + std::to_string(ids->size()) +
        " segments wait. Does segment-archiver run, and does it reach the bucket?");
}

std::expected<Spool::Id, std::string> Spool::append(File const& sequence,
                                                    Entry const& entry) const {
    auto const id = next_number(sequence.get());
    if (!id) return file_error("write", in("sequence"));
    auto written = write_durably(in("new"), in("queue"), name_of(*id), to_text(entry));
    if (!written) return std::unexpected(written.error());
    return *id;
}

std::expected<Spool::Id, std::string> Spool::add(Entry const& entry, std::size_t most) const {
    auto const sequence = lock_sequence();
    if (!sequence) return std::unexpected(sequence.error());
    if (auto const left = room(most); !left) return std::unexpected(left.error());
    return append(*sequence, entry);
}

std::expected<Spool::Id, std::string> Spool::append(Entry const& entry) const {
    auto const sequence = lock_sequence();
    if (!sequence) return std::unexpected(sequence.error());
    return append(*sequence, entry);
}

std::expected<File, std::string> Spool::lock() const {
    auto const name = in("daemon");
    File file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return file_error("open", name);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
    if (errno == EWOULDBLOCK) {
        return std::unexpected("another segment-archiver works the spool " + folder_);
    }
    return file_error("flock", name);
}

void Spool::tidy() const {
    auto const states = ids_in(in("state"));
    for (auto const id : states ? *states : std::vector<Id>{}) {
        if (::access(file("queue", id).c_str(), F_OK) != 0 && errno == ENOENT) {
            static_cast<void>(remove_file(file("state", id)));
        }
    }
    auto const unfinished = ids_in(in("new"));
    for (auto const id : unfinished ? *unfinished : std::vector<Id>{}) {
        struct stat found{};
        auto const name = file("new", id);
        if (::stat(name.c_str(), &found) == 0 &&
            now_ns() / 1'000'000'000 - found.st_mtim.tv_sec > kWrittenWithin) {
            static_cast<void>(remove_file(name));
        }
    }
}

std::expected<Spool::Listed, std::string> Spool::list() const {
    auto ids = ids_in(in("queue"));
    if (!ids) return std::unexpected(ids.error());
    auto const dead = ids_in(in("dead"));
    if (!dead) return std::unexpected(dead.error());
    std::ranges::sort(*ids);
    return Listed{std::move(*ids), dead->size()};
}

std::expected<std::string, std::string> Spool::text_of(Id id) const {
    return read_file(file("queue", id));
}

std::vector<Entry> Spool::entries() const {
    std::vector<Entry> entries;
    for (auto const* const part : {"queue", "dead"}) {
        auto const ids = ids_in(in(part));
        for (auto const id : ids ? *ids : std::vector<Id>{}) {
            auto const text = read_file(file(part, id));
            auto entry = parse_entry(text ? *text : "");
            if (entry) entries.push_back(*std::move(entry));
        }
    }
    return entries;
}

std::int64_t Spool::looked() const {
    auto const text = read_file(in("looked"));
    return base::parse_number<std::int64_t>(text ? *text : "").value_or(0);
}

std::expected<void, std::string> Spool::keep_looked(std::int64_t time) const {
    return write_durably(in("new"), folder_, "looked", std::to_string(time));
}

UploadState Spool::state_of(Id id) const {
    auto const text = read_file(file("state", id));
    return text ? parse_state(*text).value_or(UploadState{}) : UploadState{};
}

std::expected<void, std::string> Spool::keep_state(Id id, UploadState const& state) const {
    return write_durably(in("new"), in("state"), name_of(id), to_text(state));
}

// The entry first: a state without an entry means nothing, an entry without its state would be
// uploaded again.
std::expected<void, std::string> Spool::remove(Id id) const {
    if (auto removed = remove_file(file("queue", id)); !removed) return removed;
    if (auto synced = sync_folder(in("queue")); !synced) return synced;
    return remove_file(file("state", id));
}

std::expected<void, std::string> Spool::bury(Id id) const {
    if (auto moved = rename_file(file("queue", id), file("dead", id)); !moved) return moved;
    if (auto synced = sync_folder(in("queue")); !synced) return synced;
    return remove_file(file("state", id));
}

}  // namespace tidegate::archive
