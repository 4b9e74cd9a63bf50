// Requests and responses of RTSP 1.0 (RFC 2326 §4 to §7) as values, and how they are written. Plain
// values; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace tidegate::rtsp {

// Compares ASCII text without case: names of headers and parameters.
bool equal_ignoring_case(std::string_view a, std::string_view b);

// The text without spaces and tabs at its ends.
std::string_view trim(std::string_view text);

// Removes the text up to the separator from the front of `rest`, the separator with it, and returns
// it trimmed. Without a separator that is the whole rest.
std::string_view cut(std::string_view& rest, char separator);

// Removes the next line from the front of `text` and returns it without its LF or CRLF.
std::string_view next_line(std::string_view& text);

struct Header {
    std::string name;
    std::string value;
    bool operator==(Header const&) const = default;
};

// The headers of a message in the order in which they came. Names compare without case.
class Headers {
public:
    void add(std::string name, std::string value) {
        list_.push_back({std::move(name), std::move(value)});
    }
    // The value of the first header of this name; nullptr when there is none.
    std::string const* find(std::string_view name) const;
    // The same; empty when there is none.
    std::string_view get(std::string_view name) const;
    // How many headers have this name.
    std::size_t count(std::string_view name) const;

    std::vector<Header> const& list() const { return list_; }
    std::size_t size() const { return list_.size(); }
    bool operator==(Headers const&) const = default;

private:
    std::vector<Header> list_;
};

struct Request {
    std::string method;
    std::string url;  // as it stands in the request line
    Headers headers = {};
    std::string body = {};
    bool operator==(Request const&) const = default;
};

struct Response {
    int status = 200;
    std::string reason = {};  // empty: reason_phrase(status) is written
    Headers headers = {};
    std::string body = {};
    bool operator==(Response const&) const = default;
};

// The usual phrase of a status, e.g. "Not Found"; "Unknown" for a status that is not used here.
std::string_view reason_phrase(int status);

// Append a whole message. Headers are written sorted by name, as MediaMTX does; several of one name
// keep their order. Content-Length is added when there is a body. CR, LF and NUL in values are left
// out, so that no value can add a header.
void write(Request const& request, base::Bytes& out);
void write(Response const& response, base::Bytes& out);

}  // namespace tidegate::rtsp
