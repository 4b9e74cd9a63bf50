#include "rtsp/core/head_parser.hpp"

#include <algorithm>
#include <charconv>

#include "base/number.hpp"
#include "rtsp/core/limits.hpp"

namespace tidegate::rtsp {

namespace {

constexpr std::string_view kVersion = "RTSP/1.0";

bool is_method_char(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

// A token of RFC 2326 §15.1: cameras have header names like X-Accept.Dynamic-Rate.
bool is_header_name_char(char c) {
    return is_method_char(c) || std::string_view{"!#$%&'*+.^`|~"}.contains(c);
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::expected<Response, ParseError> parse_status_line(std::string_view line) {
    line.remove_prefix(kVersion.size());
    Response response;
    if (line.size() < 4 || line[0] != ' ') return std::unexpected(ParseError::not_rtsp);
    auto const status = base::parse_number<int>(line.substr(1, 3));
    if (!status || *status < 100) return std::unexpected(ParseError::not_rtsp);
    response.status = *status;
    if (line.size() > 4 && line[4] != ' ') return std::unexpected(ParseError::not_rtsp);
    response.reason = trim(line.substr(4));
    if (std::ranges::any_of(response.reason, is_control))
        return std::unexpected(ParseError::not_rtsp);
    return response;
}

std::expected<Request, ParseError> parse_request_line(std::string_view line) {
    auto const method_end = line.find(' ');
    auto const url_end = line.rfind(' ');
    if (method_end == std::string_view::npos || url_end == method_end || method_end == 0 ||
        method_end > kMaxMethod) {
        return std::unexpected(ParseError::not_rtsp);
    }
    auto const method = line.substr(0, method_end);
    auto const url = line.substr(method_end + 1, url_end - method_end - 1);
    auto const version = line.substr(url_end + 1);
    if (!std::ranges::all_of(method, is_method_char)) return std::unexpected(ParseError::not_rtsp);
    if (url.size() > kMaxUrl) return std::unexpected(ParseError::url_too_long);
    if (url.empty() || std::ranges::any_of(url, is_control)) {
        return std::unexpected(ParseError::not_rtsp);
    }
    if (version != kVersion) {
        bool const other = version.starts_with("RTSP/") || version.starts_with("HTTP/");
        return std::unexpected(other ? ParseError::bad_version : ParseError::not_rtsp);
    }
    return Request{std::string(method), std::string(url), {}, {}};
}

std::expected<Header, ParseError> parse_header(std::string_view line) {
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) return std::unexpected(ParseError::bad_header);
    if (colon > kMaxHeaderName) return std::unexpected(ParseError::header_too_long);
    auto const name = line.substr(0, colon);
    auto const value = trim(line.substr(colon + 1));
    if (name.empty() || !std::ranges::all_of(name, is_header_name_char)) {
        return std::unexpected(ParseError::bad_header);
    }
    if (value.size() > kMaxHeaderValue) return std::unexpected(ParseError::header_too_long);
    auto const bad = [](char c) { return is_control(c) && c != '\t'; };
    if (std::ranges::any_of(value, bad)) return std::unexpected(ParseError::bad_header);
    return Header{std::string(name), std::string(value)};
}

std::expected<std::size_t, ParseError> content_length(Headers const& headers) {
    auto const* const value = headers.find("Content-Length");
    if (value == nullptr) return 0;
    std::size_t length = 0;
    auto const* const end = value->data() + value->size();
    auto const parsed = std::from_chars(value->data(), end, length);
    if (parsed.ec == std::errc::result_out_of_range)
        return std::unexpected(ParseError::body_too_long);
    if (value->empty() || parsed.ec != std::errc{} || parsed.ptr != end) {
        return std::unexpected(ParseError::bad_content_length);
    }
    if (length > kMaxBody) return std::unexpected(ParseError::body_too_long);
    return length;
}

bool has_duplicates(Headers const& headers) {
    return headers.count("CSeq") > 1 || headers.count("Session") > 1 ||
           headers.count("Content-Length") > 1;
}

}  // namespace

std::expected<Head, ParseError> parse_head(std::string_view text, std::string& failed_cseq) {
    Head head;
    auto const start = next_line(text);
    if (start.starts_with(kVersion)) {
        auto response = parse_status_line(start);
        if (!response) return std::unexpected(response.error());
        head.message = std::move(*response);
    } else {
        auto request = parse_request_line(start);
        if (!request) return std::unexpected(request.error());
        head.message = std::move(*request);
    }
    auto& headers = head.headers();
    for (auto line = next_line(text); !line.empty(); line = next_line(text)) {
        if (headers.size() == kMaxHeaders) return std::unexpected(ParseError::too_many_headers);
        auto header = parse_header(line);
        if (!header) return std::unexpected(header.error());
        if (equal_ignoring_case(header->name, "CSeq")) failed_cseq = header->value;
        headers.add(std::move(header->name), std::move(header->value));
    }
    if (headers.count("CSeq") > 1) failed_cseq.clear();
    if (has_duplicates(headers)) return std::unexpected(ParseError::duplicate_header);
    auto const length = content_length(headers);
    if (!length) return std::unexpected(length.error());
    head.content_length = *length;
    failed_cseq.clear();
    return head;
}

bool may_begin_head(std::string_view text) {
    auto const method = text.substr(0, text.find(' '));
    if (method.size() > kMaxMethod || method.empty()) return false;
    auto const ok = [](char c) {
        return is_method_char(c) || c == '/' || c == '.';
    };  // RTSP/1.0 too
    return std::ranges::all_of(method, ok);
}

}  // namespace tidegate::rtsp
