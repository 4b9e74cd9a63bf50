#include "archive/io/leftovers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "log/log.hpp"
#include "recording/catalogue.hpp"
#include "recording/segment_reader.hpp"

namespace tidegate::archive {

namespace {

enum class Use { nobody_writes, written, unknown };

// The kernel gives a lease for reading only if nobody has the file open for writing, in whatever
// process or container. It is given back at once.
Use use_of(File const& file) {
    // Whoever opens it for writing in between makes the kernel send a signal; this one is ignored.
    ::fcntl(file.get(), F_SETSIG, SIGURG);
    if (::fcntl(file.get(), F_SETLEASE, F_RDLCK) == 0) {
        ::fcntl(file.get(), F_SETLEASE, F_UNLCK);
        return Use::nobody_writes;
    }
    return errno == EAGAIN ? Use::written : Use::unknown;
}

std::int64_t now_in_ns() {
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

// In the router's form; empty: the file does not tell.
std::string duration_of(std::string const& file) {
    auto reader = recording::SegmentReader::open(file);
    auto const duration = reader ? reader->duration() : std::unexpected(std::string());
    if (!duration || duration->count() <= 0) return {};
    return fmt::format("{:.3f}", std::chrono::duration<double>(*duration).count());
}

}  // namespace

struct Leftovers::Round {
    std::int64_t now = now_in_ns();
    std::int64_t looked;  // what was written before is done with
    std::size_t found = 0;
    std::size_t room = 0;  // so many may be added before what waits is counted again
    bool full = false;     // the spool takes no more
};

Leftovers::Leftovers(Spool const& spool, LeftoverSettings const& settings)
    : spool_(spool), settings_(settings), looked_(spool.looked()) {
    if (settings_.files.empty()) return;
    for (auto const& entry : spool_.entries()) told(entry);
}

void Leftovers::told(Entry const& entry) {
    if (!settings_.files.empty()) told_[entry.file] = entry.mark;
}

std::size_t Leftovers::look() {
    Round round{.looked = 0};
    // What is written from now on is younger.
    round.looked = round.now - settings_.age.count();
    for (auto const& files : settings_.files) {
        for (auto const& [path, starts] : recording::find_all(files)) {
            for (auto const start : starts) examine(round, path, files.file(path, start).string());
        }
    }
    if (round.looked > looked_) {
        if (auto kept = spool_.keep_looked(round.looked); !kept) {
            log::write(log::Level::error, "spool.failed", kept.error());
        } else {
            looked_ = round.looked;
        }
    }
    std::erase_if(told_, [this](auto const& one) { return one.second.modified_ns < looked_; });
    return round.found;
}

void Leftovers::examine(Round& round, std::string const& path, std::string const& name) {
    File const file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    auto const mark = file ? mark_of(file, name) : std::unexpected(std::string());
    // A file without bytes is a recorder's that was killed before it had written any.
    if (!mark || mark->size == 0 || mark->modified_ns < looked_) return;
    auto const known = told_.find(name);
    if (known != told_.end() && known->second == *mark) return;
    auto const use = use_of(file);
    auto const age = use == Use::unknown ? settings_.age * kUntoldFactor : settings_.age;
    bool const finished = use != Use::written && round.now - mark->modified_ns >= age.count();
    if (finished && add(round, {path, name, duration_of(name), *mark, true})) return;
    round.looked = std::min(round.looked, mark->modified_ns);
}

bool Leftovers::add(Round& round, Entry const& entry) {
    if (round.full) return false;
    if (auto const added = try_add(round, entry); !added) {
        round.full = true;
        log::write(log::Level::error, "spool.failed", added.error(), {{"path", entry.path}});
        return false;
    }
    log::write(log::Level::info, "segment.found", "no hook has told of a segment: " + entry.file,
               {{"path", entry.path}});
    told(entry);
    ++round.found;
    return true;
}

// What waits is counted once, and again where hooks may have taken the room meanwhile.
std::expected<void, std::string> Leftovers::try_add(Round& round, Entry const& entry) {
    if (round.room == 0) {
        auto const room = spool_.room(static_cast<std::size_t>(kMaxSpooled));
        if (!room) return std::unexpected(room.error());
        round.room = (*room + 1) / 2;
    }
    --round.room;
    auto const added = spool_.append(entry);
    if (!added) return std::unexpected(added.error());
    return {};
}

}  // namespace tidegate::archive
