// Answers with a part of a body (RFC 9110 §14): one range of bytes. Pure; any thread.
#pragma once

#include <string_view>

#include "http/message.hpp"

namespace tidegate::http {

// Cuts the response down to the range that a request's header Range asks for: 206 with that part,
// or 416 when no byte of the body is in it. The response stays as it is without the header, when it
// says something that is no range of bytes, or asks for several: a server may ignore that.
// REQUIRES: the response is a whole body, 200.
void apply_range(std::string_view range, Response& response);

}  // namespace tidegate::http
