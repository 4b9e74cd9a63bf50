#include "http/response_writer.hpp"

#include <array>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>
#include <chrono>
#include <ctime>

namespace tidegate::http {
namespace {

namespace beast_http = boost::beast::http;
using ResponseMessage = beast_http::response<beast_http::span_body<char const>>;

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

boost::beast::string_view view(std::string_view text) {
    return {text.data(), text.size()};
}

void insert(ResponseMessage& message, std::string_view name, std::string_view value) {
    constexpr std::string_view kBreaks("\r\n\0", 3);
    if (name.find_first_of(kBreaks) != std::string_view::npos) return;
    if (value.find_first_of(kBreaks) == std::string_view::npos) {
        message.insert(view(name), view(value));
        return;
    }
    std::string clean(value);
    std::erase_if(clean, [&](char c) { return kBreaks.find(c) != std::string_view::npos; });
    message.insert(view(name), view(clean));
}

// Of a status line and headers: a guess that spares a large body its copies.
constexpr std::size_t kUsualHead = 512;

bool has_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace

void append_response(std::string& out, Response const& response, ResponseFrame const& frame) {
    ResponseMessage message;
    message.version(frame.http_1_0 ? 10 : 11);
    message.result(response.status);
    if (!frame.server.empty()) insert(message, "Server", frame.server);
    message.set(beast_http::field::date, view(date()));
    if (!response.content_type.empty()) insert(message, "Content-Type", response.content_type);
    for (auto const& [name, value] : response.headers) insert(message, name, value);
    message.keep_alive(frame.keep_alive && !response.is_endless());
    bool const body = has_body(response.status) && !response.is_endless();
    if (body) message.content_length(response.size());
    if (body && !frame.head_only) message.body() = {response.body.data(), response.body.size()};

    beast_http::response_serializer<beast_http::span_body<char const>> serializer(message);
    out.reserve(out.size() + message.body().size() + kUsualHead);
    boost::system::error_code error;
    while (!serializer.is_done() && !error) {
        serializer.next(error, [&](boost::system::error_code&, auto const& buffers) {
            for (auto const buffer : boost::beast::buffers_range_ref(buffers)) {
                out.append(static_cast<char const*>(buffer.data()), buffer.size());
            }
            serializer.consume(boost::beast::buffer_bytes(buffers));
        });
    }
}

}  // namespace tidegate::http
