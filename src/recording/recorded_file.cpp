#include "recording/recorded_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file_problem.hpp"

namespace tidegate::recording {

namespace {

FileState state_in(struct stat const& status) {
    return {.device = status.st_dev,
            .inode = status.st_ino,
            .size = static_cast<std::uint64_t>(status.st_size),
            .modified = std::chrono::seconds(status.st_mtim.tv_sec) +
                        std::chrono::nanoseconds(status.st_mtim.tv_nsec)};
}

}  // namespace

FileState state_of(std::filesystem::path const& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 ? state_in(status) : FileState{};
}

std::expected<std::shared_ptr<RecordedFile const>, std::string> RecordedFile::open(
    std::filesystem::path const& path) {
    // Without O_NONBLOCK a FIFO would wait for its writer.
    auto const descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) return std::unexpected(base::file_problem("open", path.native(), errno));
    std::shared_ptr<RecordedFile const> file(new RecordedFile(descriptor));
    struct stat status{};
    if (::fstat(descriptor, &status) != 0)
        return std::unexpected(base::file_problem("open", path.native(), errno));
    if (!S_ISREG(status.st_mode))
        return std::unexpected(base::file_problem("open", path.native(), EINVAL));
    return file;
}

RecordedFile::~RecordedFile() {
    ::close(descriptor_);
}

std::uint64_t RecordedFile::size() const {
    struct stat status{};
    return ::fstat(descriptor_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

FileState RecordedFile::state() const {
    struct stat status{};
    return ::fstat(descriptor_, &status) == 0 ? state_in(status) : FileState{};
}

bool RecordedFile::read(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
    while (!bytes.empty()) {
        auto const count =
            ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return true;
}

}  // namespace tidegate::recording
