// How a large segment is cut into the parts of a multipart upload. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace tidegate::archive {

// Larger segments go in parts, so that a lost connection costs one part. S3 takes up to 5 GiB at
// once.
inline constexpr std::uint64_t kMultipartOver = 64ULL * 1024 * 1024;
// A part is small enough to be sent again, and large enough that requests do not count. S3 wants at
// least 5 MiB.
inline constexpr std::uint64_t kPartBytes = 16ULL * 1024 * 1024;
// S3's limit. A larger segment has larger parts.
inline constexpr std::uint64_t kMaxParts = 10'000;

constexpr std::uint64_t part_size(std::uint64_t size) {
    return std::max(kPartBytes, (size + kMaxParts - 1) / kMaxParts);
}
constexpr std::uint64_t part_count(std::uint64_t size, std::uint64_t part) {
    return (size + part - 1) / part;
}

// The body of CompleteMultipartUpload. etags: without quotes, in the order of the parts.
std::string complete_body(std::vector<std::string> const& etags);

// An ETag as a header has it, without its quotes. Only hexadecimal digits and a dash may stand in
// it; empty: it is something else.
std::string bare_etag(std::string_view header);
// The ETag is the MD5 of what was sent. It is not if the server encrypts with a key of its own.
bool is_md5(std::string_view etag);

}  // namespace tidegate::archive
