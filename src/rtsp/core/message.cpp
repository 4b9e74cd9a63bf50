#include "rtsp/core/message.hpp"

#include <algorithm>

#include "base/lower_case.hpp"

namespace tidegate::rtsp {

namespace {

// A value may come from a client; it must not end its line and begin another header.
void write_value(base::ByteWriter& writer, std::string_view value) {
    for (auto const c : value) {
        if (c != '\r' && c != '\n' && c != '\0') writer.u8(static_cast<std::uint8_t>(c));
    }
}

void write_rest(Headers const& headers, std::string_view body, base::ByteWriter& writer) {
    auto list = headers.list();
    if (!body.empty()) list.push_back({"Content-Length", std::to_string(body.size())});
    std::vector<Header const*> sorted;
    sorted.reserve(list.size());
    for (auto const& header : list) sorted.push_back(&header);
    // Headers of one name keep their order: challenges stand in the order of preference.
    std::ranges::sort(sorted, [](Header const* a, Header const* b) {
        return std::pair{std::string_view{a->name}, a} < std::pair{std::string_view{b->name}, b};
    });
    for (auto const* header : sorted) {
        writer.text(header->name);
        writer.text(": ");
        write_value(writer, header->value);
        writer.text("\r\n");
    }
    writer.text("\r\n");
    writer.text(body);
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, base::lower_case_letter, base::lower_case_letter);
}

std::string_view trim(std::string_view text) {
    auto const first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view cut(std::string_view& rest, char separator) {
    auto const end = rest.find(separator);
    auto const part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return trim(part);
}

std::string_view next_line(std::string_view& text) {
    auto const end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string const* Headers::find(std::string_view name) const {
    for (auto const& header : list_) {
        if (equal_ignoring_case(header.name, name)) return &header.value;
    }
    return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
    auto const* const value = find(name);
    return value == nullptr ? std::string_view{} : std::string_view{*value};
}

std::size_t Headers::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        list_, [name](auto const& header) { return equal_ignoring_case(header.name, name); }));
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 454:
            return "Session Not Found";
        case 455:
            return "Method Not Valid in This State";
        case 461:
            return "Unsupported Transport";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        default:
            return "Unknown";
    }
}

void write(Request const& request, base::Bytes& out) {
    base::ByteWriter writer(out);
    writer.text(request.method);
    writer.u8(std::uint8_t{' '});
    write_value(writer, request.url);
    writer.text(" RTSP/1.0\r\n");
    write_rest(request.headers, request.body, writer);
}

void write(Response const& response, base::Bytes& out) {
    base::ByteWriter writer(out);
    writer.text("RTSP/1.0 ");
    writer.text(std::to_string(response.status));
    writer.u8(std::uint8_t{' '});
    write_value(writer, response.reason.empty() ? reason_phrase(response.status) : response.reason);
    writer.text("\r\n");
    write_rest(response.headers, response.body, writer);
}

}  // namespace tidegate::rtsp
