// What an S3 server says in XML. The server is a stranger: everything has a limit. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::archive {

// The longest answer that is read. A list of uploads is asked for twenty at a time, and is far
// smaller.
inline constexpr std::size_t kMaxAnswerBytes = 256 * 1024;
// The longest of the names below. S3's own upload ids have about 130 characters.
inline constexpr std::size_t kMaxUploadIdBytes = 1024;

struct S3Error {
    std::string code;     // "AccessDenied": letters and digits
    std::string message;  // a sentence, cut to 200 bytes
};

// The error in an answer; nullopt: there is none. An answer of status 200 can have one, too.
std::optional<S3Error> parse_error(std::string_view xml);
// The id that CreateMultipartUpload has given; empty: it has not, or it has characters that no id
// has.
std::string parse_upload_id(std::string_view xml);
// The ETag that CompleteMultipartUpload tells, without quotes; nullopt: this is not its answer.
std::optional<std::string> parse_completed(std::string_view xml);
// The ids of the uploads of exactly this key, in an answer of ListMultipartUploads.
std::vector<std::string> parse_uploads_of(std::string_view xml, std::string_view key);

}  // namespace tidegate::archive
