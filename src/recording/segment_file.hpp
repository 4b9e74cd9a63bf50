// One file of a recording while it is written. What write() has returned from is a whole number of
// parts: when a part cannot be written whole, the file is cut back to the part before. Blocks for
// as long as the disk does, so it belongs to a thread that may wait. One thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "mp4/slices.hpp"
#include "recording/index_maker.hpp"
#include "recording/path_template.hpp"
#include "recording/segments.hpp"

namespace tidegate::recording {

// How many further names are tried when there is a file of the wanted one: a publisher that comes
// back within the second, where names tell only seconds. A recording never overwrites another one.
inline constexpr int kMaxNames = 100;

class SegmentFile {
public:
    // Makes the file and the folders above it. The error is a sentence; nothing is left of the file
    // then.
    static std::expected<SegmentFile, std::string> create(PathTemplate const& names, Format format,
                                                          std::string_view path_name,
                                                          FileTime first);
    SegmentFile(SegmentFile&& other) noexcept;
    SegmentFile& operator=(SegmentFile&&) = delete;
    // Closes it. If nothing was written, it is removed.
    ~SegmentFile();

    std::filesystem::path const& name() const { return name_; }
    std::uint64_t size() const { return size_; }

    // Appends a part.
    std::expected<void, std::string> write(mp4::Slices const& part);
    // Tells the file how long it is and where its parts are, as far as its format has places for
    // that, and brings it to the disk. To be called once, at the end.
    std::expected<void, std::string> finish(base::Timestamp duration);

private:
    SegmentFile(int fd, Format format, std::filesystem::path name)
        : fd_(fd), format_(format), name_(std::move(name)) {
        if (format == Format::fmp4) index_.emplace();
    }
    bool is_skipped_first(mp4::Slices const& part) const;
    void cut_back() const;
    void write_index();
    bool write_duration(base::Timestamp duration) const;
    std::unexpected<std::string> failed(std::string_view what, int error) const;

    int fd_ = -1;
    Format format_ = Format::fmp4;
    std::filesystem::path name_;
    std::uint64_t size_ = 0;
    std::optional<IndexMaker> index_{};  // nullopt: the format has none
};

}  // namespace tidegate::recording
