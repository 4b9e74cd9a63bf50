#include "router/hls/directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/file_problem.hpp"

namespace tidegate::router {

namespace fs = std::filesystem;

namespace {

// Playlists change under their name; all other files are written once.
bool changes(std::string_view name) {
    return name.ends_with(".m3u8");
}

bool write_bytes(int fd, base::ByteView bytes) {
    while (!bytes.empty()) {
        auto const count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

// Whole or not at all: whoever reads the directory sees no half of a file. The error is a sentence.
std::string write_file(fs::path const& file, mp4::Slices const& content) {
    auto const aside = fs::path(file.string() + ".tmp");
    int const fd = ::open(aside.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) return base::file_problem("write", file.native(), errno);
    bool whole = true;
    for (auto const& part : content.parts) whole = whole && write_bytes(fd, part.view());
    int const error = errno;
    ::close(fd);
    if (whole && ::rename(aside.c_str(), file.c_str()) == 0) return {};
    auto const reason = base::file_problem("write", file.native(), whole ? errno : error);
    ::unlink(aside.c_str());
    return reason;
}

}  // namespace

HlsDirectory::HlsDirectory(fs::path root, Failed failed)
    : root_(std::move(root)), failed_(std::move(failed)), thread_([this] { run(); }) {}

HlsDirectory::~HlsDirectory() {
    {
        std::lock_guard const lock(mutex_);
        ends_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void HlsDirectory::put(std::string const& path, std::shared_ptr<hls::Edition const> edition) {
    {
        std::lock_guard const lock(mutex_);
        wanted_[path] = std::move(edition);
    }
    changed_.notify_one();
}

void HlsDirectory::remove(std::string const& path) {
    put(path, nullptr);
}

void HlsDirectory::run() {
    while (true) {
        Editions wanted;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return ends_ || !wanted_.empty(); });
            if (wanted_.empty()) return;
            wanted.swap(wanted_);
        }
        for (auto const& [path, edition] : wanted) bring(path, edition);
    }
}

// A path's name has no dot segments (config::path_name_problem), so this stays below the root.
void HlsDirectory::bring(std::string const& path,
                         std::shared_ptr<hls::Edition const> const& edition) {
    auto const folder = root_ / path;
    auto& before = written_[path];
    std::set<std::string> now;
    std::error_code ignored;
    if (edition != nullptr) {
        fs::create_directories(folder, ignored);
        now = before;
        tell(path, write_all(folder, *edition, now));
    }
    for (auto const& name : before) {
        if (!now.contains(name)) fs::remove(folder / name, ignored);
    }
    before = std::move(now);
    if (edition != nullptr) return;
    fs::remove(folder, ignored);  // only if nothing else is in it
    written_.erase(path);
    failing_.erase(path);
}

// written: the files that are there; afterwards, those of the edition that are. Returns what went
// wrong first, as a sentence.
std::string HlsDirectory::write_all(fs::path const& folder, hls::Edition const& edition,
                                    std::set<std::string>& written) {
    std::set<std::string> kept;
    std::string problem;
    for (auto const& file : edition.files()) {
        bool const there = written.contains(file.name) && !changes(file.name);
        auto why = there ? std::string() : write_file(folder / file.name, file.content);
        if (why.empty()) {
            kept.insert(file.name);
        } else if (problem.empty()) {
            problem = std::move(why);
        }
    }
    written = std::move(kept);
    return problem;
}

void HlsDirectory::tell(std::string const& path, std::string const& why) {
    if (why.empty()) {
        failing_.erase(path);
    } else if (failing_.insert(path).second) {
        failed_(path, why);
    }
}

}  // namespace tidegate::router
