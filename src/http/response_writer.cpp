#include "http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <ctime>
#include <iterator>

namespace tidegate::http {
namespace {

namespace beast_http = boost::beast::http;

// IMF-fixdate (RFC 9110 §5.6.7), rendered once a second and thread.
std::string const& date() {
    thread_local std::time_t rendered = -1;
    thread_local std::string text;
    auto const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    if (now != rendered) {
        std::tm time{};
        ::gmtime_r(&now, &time);
        std::array<char, 40> buffer;
        text.assign(buffer.data(), std::strftime(buffer.data(), buffer.size(),
                                                 "%a, %d %b %Y %H:%M:%S GMT", &time));
        rendered = now;
    }
    return text;
}

constexpr std::string_view kBreaks("\r\n\0", 3);

void append_header(std::string& out, std::string_view name, std::string_view value) {
    if (name.find_first_of(kBreaks) != std::string_view::npos) return;
    out.append(name).append(": ");
    if (value.find_first_of(kBreaks) == std::string_view::npos) {
        out += value;
    } else {
        std::ranges::copy_if(value, std::back_inserter(out),
                             [](char c) { return !kBreaks.contains(c); });
    }
    out += "\r\n";
}

// As Beast's messages do: what the version implies is not said.
void append_connection(std::string& out, bool keep_alive, bool http_1_0) {
    if (!keep_alive && !http_1_0) out += "Connection: close\r\n";
    if (keep_alive && http_1_0) out += "Connection: keep-alive\r\n";
}

// Of a status line and headers: a guess that spares a large body its copies.
constexpr std::size_t kUsualHead = 512;

bool has_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace

void append_response(std::string& out, Response const& response, ResponseFrame const& frame) {
    bool const body = has_body(response.status) && !response.is_endless();
    out.reserve(out.size() + (frame.head_only ? 0 : response.body.size()) + kUsualHead);
    auto const reason =
        beast_http::obsolete_reason(static_cast<beast_http::status>(response.status));
    out.append(frame.http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ").append(std::to_string(response.status));
    out.append(" ").append(reason.data(), reason.size()).append("\r\n");
    if (!frame.server.empty()) append_header(out, "Server", frame.server);
    append_header(out, "Date", date());
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    for (auto const& [name, value] : response.headers) append_header(out, name, value);
    append_connection(out, frame.keep_alive && !response.is_endless(), frame.http_1_0);
    if (body) append_header(out, "Content-Length", std::to_string(response.size()));
    out += "\r\n";
    if (body && !frame.head_only) out += response.body;
}

}  // namespace tidegate::http
