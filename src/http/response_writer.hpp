// A Response as bytes (Beast's serializer). Any thread.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace tidegate::http {

struct ResponseFrame {
    bool keep_alive = true;
    bool head_only = false;  // the answer to HEAD: the length of the body, but not the body
    bool http_1_0 = false;
    std::string_view server;  // "Server:", empty for none
};

// Appends header and body; of a streaming response the header alone. Line breaks inside header
// values are left out: what a peer sent must not become a header of ours.
void append_response(std::string& out, Response const& response, ResponseFrame const& frame);

}  // namespace tidegate::http
