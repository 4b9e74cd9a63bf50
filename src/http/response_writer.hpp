// Writes a Response as bytes. By hand: with Beast's message and serializer, a player's answer,
// whose body is made already, took a fifth longer. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace tidegate::http {

struct ResponseFrame {
    bool keep_alive = true;
    bool head_only = false;   // the header says how long the body is; the body is left out (HEAD)
    bool http_1_0 = false;    // the client speaks HTTP/1.0
    std::string_view server;  // the value of the header Server; empty: there is no such header
};

// Appends header and body, but not the slices; of a streaming response, the header alone. Line
// breaks and NUL are taken out of the values of headers: what a peer sent must not become a header
// of ours.
void append_response(std::string& out, Response const& response, ResponseFrame const& frame);

}  // namespace tidegate::http
