// The XML of an S3 server. Whatever it is, what comes out is within its limits and can go into a
// URL or a log line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "archive/core/multipart.hpp"
#include "archive/core/s3_answer.hpp"
#include "checks.hpp"

using namespace tidegate::archive;
using tidegate::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const is_id = [](std::string_view id) {
        return id.size() <= kMaxUploadIdBytes &&
               std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7f; });
    };
    if (auto const error = parse_error(text)) {
        require(error->code.size() <= 64 && error->message.size() <= 200);
    }
    require(is_id(parse_upload_id(text)));
    if (auto const etag = parse_completed(text)) require(bare_etag(*etag) == *etag);
    for (auto const& id : parse_uploads_of(text, "live/x")) require(!id.empty() && is_id(id));
    static_cast<void>(bare_etag(text));
    return 0;
}
