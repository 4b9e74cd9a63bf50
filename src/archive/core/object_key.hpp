// The name under which a segment is stored, and what is told about it. Pure; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::archive {

// S3's limit for a key, in bytes of UTF-8.
inline constexpr std::size_t kMaxKeyBytes = 1024;

struct SegmentName {
    std::string_view path;             // of the stream, as the router names it
    std::string_view file;             // the segment's file, with or without folders
    std::chrono::sys_seconds ended{};  // when its last byte was written
};

// What is wrong with a template; empty: nothing. It may have %path, %file (the file's name without
// folders), %Y %m %d %H (when the segment ended, in UTC) and %% for a percent sign, and must have
// %file.
std::string key_template_problem(std::string_view key_template);

// The key of a segment. The error is a sentence. A key never begins with a slash and never has "."
// or ".." between slashes, because proxies and clients would shorten it. REQUIRES: the template has
// no problem.
std::expected<std::string, std::string> object_key(std::string_view key_template,
                                                   SegmentName const& segment);

// Each byte but letters, digits and -._~ as %XX in upper case, as a signature of version 4 wants
// it. keep_slashes: of a path.
std::string percent_encode(std::string_view text, bool keep_slashes);

// By the file's name: "video/mp4", "video/mp2t", or "application/octet-stream".
std::string_view content_type(std::string_view file);

}  // namespace tidegate::archive
