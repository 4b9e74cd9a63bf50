// segment-archiver: the router's hook starts it for each finished segment. It writes the segment's
// name into the spool and leaves, also while nobody works the spool. `segment-archiver run` becomes
// the daemon that uploads (run_main.cpp).
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "archive/spool/entry.hpp"
#include "archive/spool/files.hpp"
#include "archive/spool/spool.hpp"
#include "config/flags.hpp"
#include "config/process_environment.hpp"

namespace {

using namespace tidegate;

// What the exit code says to whoever reads the router's log.
constexpr int kNotSpooled = 1;  // the spool is full, or cannot be written to
constexpr int kNoDaemon = 3;    // `run`: segment-archiver-run is not installed

// Beside this program, or where a package puts what people do not start themselves.
constexpr char const* kPlaces[] = {"segment-archiver-run", "../lib/tidegate/segment-archiver-run"};

int become_daemon(char** argv) {
    std::error_code error;
    auto const folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (auto const* const place : kPlaces) ::execv((folder / place).c_str(), argv + 1);
    std::fputs("segment-archiver-run, which uploads, is not installed beside this program\n",
               stderr);
    return kNoDaemon;
}

std::expected<archive::Entry, std::string> read_entry() {
    archive::Entry entry{config::variable("MTX_PATH"),
                         config::variable("MTX_SEGMENT_PATH"),
                         config::variable("MTX_SEGMENT_DURATION"),
                         {}};
    if (entry.path.empty() || entry.file.empty()) {
        return std::unexpected(
            "MTX_PATH and MTX_SEGMENT_PATH must be set: the router does it for "
            "runOnRecordSegmentComplete");
    }
    if (!archive::is_duration(entry.duration)) entry.duration.clear();
    std::error_code error;
    entry.file = std::filesystem::absolute(entry.file, error).string();
    if (entry.path.size() > archive::kMaxNameBytes || entry.file.size() > archive::kMaxNameBytes) {
        return std::unexpected("MTX_PATH or MTX_SEGMENT_PATH is too long");
    }
    archive::File const file(::open(entry.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return archive::file_error("open", entry.file);
    auto const mark = archive::mark_of(file, entry.file);
    if (!mark) return std::unexpected(mark.error());
    entry.mark = *mark;
    return entry;
}

std::expected<void, std::string> add(std::string const& folder, std::int64_t most) {
    auto const entry = read_entry();
    if (!entry) return std::unexpected(entry.error());
    auto const spool = archive::Spool::open(folder);
    if (!spool) return std::unexpected(spool.error());
    auto const id = spool->add(*entry, static_cast<std::size_t>(most));
    if (!id) return std::unexpected(id.error());
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "run") return become_daemon(argv);
    std::string command = "add";
    std::string spool = "/var/lib/tidegate/spool";
    std::int64_t most = archive::kMaxSpooled;
    config::Flags flags(
        "segment-archiver",
        "Notes a finished segment for upload to object storage (add), as the router's hook "
        "runOnRecordSegmentComplete. `segment-archiver run` uploads; see "
        "`segment-archiver run --help`.",
        "0.1.0");
    flags.argument("command", "add: note the segment of MTX_SEGMENT_PATH", command).one_of({"add"});
    flags.text("spool", "ARCHIVE_SPOOL", "the folder in which segments wait", spool).required();
    flags
        .number("max-segments", "ARCHIVE_MAX_SEGMENTS",
                "how many segments may wait; further ones are refused", most)
        .between(1, 1'000'000);
    auto const parsed = flags.parse(argc, argv);
    if (auto const* const exit = std::get_if<config::Exit>(&parsed)) return config::leave(*exit);
    auto const added = add(spool, most);
    if (added) return EXIT_SUCCESS;
    std::fprintf(stderr, "segment-archiver: the segment is not archived: %s\n",
                 added.error().c_str());
    return kNotSpooled;
}
