// Requests and responses of RTSP 1.0 (RFC 2326) as values, and how they are written. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "rtsp/core/headers.hpp"

namespace tidegate::rtsp {

struct Request {
    std::string method;
    std::string url;
    Headers headers = {};
    std::string body = {};
    bool operator==(Request const&) const = default;
};

struct Response {
    int status = 200;
    std::string reason = {};  // empty: the status's usual phrase
    Headers headers = {};
    std::string body = {};
    bool operator==(Response const&) const = default;
};

std::string_view reason_phrase(int status);

// Headers in ASCII order as MediaMTX writes them; Content-Length only with a body.
void write(Request const& request, base::Bytes& out);
void write(Response const& response, base::Bytes& out);

}  // namespace tidegate::rtsp
