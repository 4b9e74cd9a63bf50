#include "archive/core/multipart.hpp"

#include <algorithm>
#include <string_view>

namespace tidegate::archive {

namespace {

// S3's own have 32 digits, a dash and up to five digits; others are not much longer.
constexpr std::size_t kMaxEtag = 128;

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

std::string complete_body(std::vector<std::string> const& etags) {
    std::string body =
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (std::size_t i = 0; i < etags.size(); ++i) {
        body += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>&quot;" +
                etags[i] + "&quot;</ETag></Part>";
    }
    return body + "</CompleteMultipartUpload>";
}

std::string bare_etag(std::string_view header) {
    while (!header.empty() && (header.front() == ' ' || header.front() == '\t'))
        header.remove_prefix(1);
    while (!header.empty() && (header.back() == ' ' || header.back() == '\t'))
        header.remove_suffix(1);
    if (header.size() >= 2 && header.front() == '"' && header.back() == '"') {
        header = header.substr(1, header.size() - 2);
    }
    bool const fits = header.size() <= kMaxEtag &&
                      std::ranges::all_of(header, [](char c) { return is_hex(c) || c == '-'; });
    return fits ? std::string(header) : std::string{};
}

bool is_md5(std::string_view etag) {
    return etag.size() == 32 && std::ranges::all_of(etag, is_hex);
}

}  // namespace tidegate::archive
