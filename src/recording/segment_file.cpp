#include "recording/segment_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <span>
#include <utility>

#include "base/bytes.hpp"
#include "base/file_problem.hpp"
#include "mp4/init_segment.hpp"

namespace tidegate::recording {

namespace fs = std::filesystem;

namespace {

// Of the pieces that one call writes; Linux takes 1024.
constexpr std::size_t kMaxPieces = 1024;
constexpr int kAttempts = 3;
// The size and the type of a box.
constexpr std::size_t kBoxHead = 8;

// Folders that have gone are made again: the cleaner removes empty ones, and may do so between the
// two steps.
int open_new(fs::path const& file) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        std::error_code error;
        fs::create_directories(file.parent_path(), error);
        int const fd = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        if (fd >= 0) return fd;
        if (errno != ENOENT) return -1;
        if (error) {
            errno = error.value();
            return -1;
        }
    }
    errno = ENOENT;
    return -1;
}

// Writes all of it; false with errno.
bool write_all(int fd, std::span<base::SharedBytes const> parts) {
    std::array<iovec, kMaxPieces> pieces;
    std::size_t skip = 0;  // bytes of the first part that are written already
    while (!parts.empty()) {
        auto const count = std::min(parts.size(), kMaxPieces);
        for (std::size_t i = 0; i < count; ++i) {
            auto const offset = i == 0 ? skip : 0;
            pieces[i] = {const_cast<std::uint8_t*>(parts[i].data()) + offset,
                         parts[i].size() - offset};
        }
        auto const written = ::writev(fd, pieces.data(), static_cast<int>(count));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        skip += static_cast<std::size_t>(written);
        while (!parts.empty() && skip >= parts.front().size()) {
            skip -= parts.front().size();
            parts = parts.subspan(1);
        }
    }
    return true;
}

// Writes a part behind others. Until all of it is there it is a box that players skip, of its size,
// whatever byte the file ends with: FFmpeg opens no file whose last `moof` is cut off.
bool write_part(int fd, std::uint64_t at, mp4::Slices const& part) {
    auto pieces = part.parts;
    auto const head = pieces.front().slice(0, kBoxHead);
    base::Bytes skipped;
    base::ByteWriter writer(skipped);
    writer.u32(part.size);
    writer.text("free");
    pieces.front() = pieces.front().slice(kBoxHead);
    pieces.insert(pieces.begin(), base::SharedBytes::copy_of(skipped));
    return write_all(fd, pieces) &&
           ::pwrite(fd, head.data(), head.size(), static_cast<off_t>(at)) ==
               static_cast<ssize_t>(head.size());
}

// A name in a folder is on the disk only when the folder is.
void sync_folder(fs::path const& folder) {
    int const fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

}  // namespace

std::expected<SegmentFile, std::string> SegmentFile::create(PathTemplate const& names,
                                                            Format format,
                                                            std::string_view path_name,
                                                            FileTime first) {
    FileTime::duration const step =
        names.has_microseconds() ? FileTime::duration{1} : std::chrono::seconds{1};
    for (int i = 0; i < kMaxNames; ++i, first += step) {
        auto name = names.file(path_name, first);
        int const fd = open_new(name);
        if (fd >= 0) return SegmentFile(fd, format, std::move(name));
        if (errno != EEXIST)
            return std::unexpected(base::file_problem("open", name.native(), errno));
    }
    return std::unexpected(
        base::file_problem("open", names.file(path_name, first).native(), EEXIST));
}

SegmentFile::SegmentFile(SegmentFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      format_(other.format_),
      name_(std::move(other.name_)),
      size_(other.size_),
      index_(std::move(other.index_)) {}

SegmentFile::~SegmentFile() {
    if (fd_ < 0) return;
    if (size_ == 0) ::unlink(name_.c_str());
    ::close(fd_);
}

std::unexpected<std::string> SegmentFile::failed(std::string_view what, int error) const {
    return std::unexpected(base::file_problem(what, name_.native(), error));
}

// The first part has the beginning of the file in front of it, without which nothing plays.
bool SegmentFile::is_skipped_first(mp4::Slices const& part) const {
    return format_ == Format::fmp4 && size_ > 0 && !part.parts.empty() &&
           part.parts.front().size() > kBoxHead &&
           part.size <= std::numeric_limits<std::uint32_t>::max();
}

std::expected<void, std::string> SegmentFile::write(mp4::Slices const& part) {
    bool const written =
        is_skipped_first(part) ? write_part(fd_, size_, part) : write_all(fd_, part.parts);
    if (!written) {
        int const error = errno;
        cut_back();
        return failed("write", error);
    }
    if (index_) index_->add(size_, part);
    size_ += part.size;
    // Somebody has removed the file: what is written to it is lost.
    struct stat about{};
    if (::fstat(fd_, &about) == 0 && about.st_nlink == 0) return failed("write", ENOENT);
    return {};
}

// If even this is impossible, readers stop before the broken part.
void SegmentFile::cut_back() const {
    if (::ftruncate(fd_, static_cast<off_t>(size_)) == 0) ::lseek(fd_, 0, SEEK_END);
}

// Without it the file plays, too.
void SegmentFile::write_index() {
    auto const index = index_ ? std::move(*index_).finish() : std::nullopt;
    if (!index) return;
    if (write_all(fd_, {&*index, 1})) {
        size_ += index->size();
    } else {
        cut_back();
    }
}

bool SegmentFile::write_duration(base::Timestamp duration) const {
    if (format_ != Format::fmp4 || size_ <= mp4::kMovieDurationAt) return true;
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    auto const value = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(ms, 0, std::numeric_limits<std::uint32_t>::max()));
    std::array<std::uint8_t, 4> const bytes{
        static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
        static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
    return ::pwrite(fd_, bytes.data(), bytes.size(), mp4::kMovieDurationAt) ==
           static_cast<ssize_t>(bytes.size());
}

std::expected<void, std::string> SegmentFile::finish(base::Timestamp duration) {
    write_index();
    if (!write_duration(duration) || ::fdatasync(fd_) != 0) return failed("finish", errno);
    sync_folder(name_.parent_path());
    return {};
}

}  // namespace tidegate::recording
