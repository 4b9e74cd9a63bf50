// Reads the tags of an FLV file (Adobe FLV 10.1 §E.2 to §E.4.1) that lies in memory. For tests and
// benchmarks. The bodies of the tags share the file's memory. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/shared_bytes.hpp"
#include "media/error.hpp"

namespace tidegate::flv {

enum class FileTagType : std::uint8_t { audio = 8, video = 9, script = 18 };

struct FileTag {
    FileTagType type{};
    std::int32_t timestamp_ms = 0;
    base::SharedBytes body;
};

class FileReader {
public:
    // An error when the bytes do not begin with the header of an FLV file.
    static std::expected<FileReader, media::Error> open(base::SharedBytes file);

    // The next tag; nullopt at the end of the file. A tag that is cut off is an error. Tags of
    // types that FileTagType does not name are skipped.
    std::expected<std::optional<FileTag>, media::Error> next();

private:
    explicit FileReader(base::SharedBytes file, std::size_t position)
        : file_(std::move(file)), position_(position) {}

    base::SharedBytes file_;
    std::size_t position_ = 0;
};

}  // namespace tidegate::flv
