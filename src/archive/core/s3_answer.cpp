#include "archive/core/s3_answer.hpp"

#include <algorithm>
#include <pugixml.hpp>

#include "archive/core/multipart.hpp"

namespace tidegate::archive {

namespace {

constexpr std::size_t kMaxCode = 64;
constexpr std::size_t kMaxMessage = 200;

// The root, if it has this name. DOCTYPEs are skipped, so no entity of a document's own is ever
// expanded.
pugi::xml_node root_of(pugi::xml_document& document, std::string_view xml, char const* name) {
    if (xml.size() > kMaxAnswerBytes) return {};
    if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8)) {
        return {};
    }
    return document.child(name);
}

bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Ids are opaque. They go into URLs percent-encoded, so only what no server gives is refused.
std::string checked_id(std::string_view id) {
    bool const fits = !id.empty() && id.size() <= kMaxUploadIdBytes &&
                      std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7f; });
    return fits ? std::string(id) : std::string{};
}

}  // namespace

std::optional<S3Error> parse_error(std::string_view xml) {
    pugi::xml_document document;
    auto const error = root_of(document, xml, "Error");
    if (!error) return std::nullopt;
    std::string code = error.child("Code").text().get();
    if (code.size() > kMaxCode || !std::ranges::all_of(code, is_plain)) code.clear();
    std::string message = error.child("Message").text().get();
    message.resize(std::min(message.size(), kMaxMessage));
    return S3Error{std::move(code), std::move(message)};
}

std::string parse_upload_id(std::string_view xml) {
    pugi::xml_document document;
    auto const result = root_of(document, xml, "InitiateMultipartUploadResult");
    return checked_id(result.child("UploadId").text().get());
}

std::optional<std::string> parse_completed(std::string_view xml) {
    pugi::xml_document document;
    auto const result = root_of(document, xml, "CompleteMultipartUploadResult");
    if (!result) return std::nullopt;
    return bare_etag(result.child("ETag").text().get());
}

std::vector<std::string> parse_uploads_of(std::string_view xml, std::string_view key) {
    pugi::xml_document document;
    std::vector<std::string> ids;
    for (auto const upload :
         root_of(document, xml, "ListMultipartUploadsResult").children("Upload")) {
        if (upload.child("Key").text().get() != key) continue;
        auto id = checked_id(upload.child("UploadId").text().get());
        if (!id.empty()) ids.push_back(std::move(id));
    }
    return ids;
}

}  // namespace tidegate::archive
