// What the tests of this folder share: RTSP messages as they stand on the wire, written with plain
// line ends so that a table can be read.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::rtsp::test {

// Each LF becomes CRLF.
inline std::string wire(std::string_view text) {
    std::string out;
    for (auto const c : text) {
        if (c == '\n') out += '\r';
        out += c;
    }
    return out;
}

// The head and the body of a message, with the Content-Length that belongs to it. head: up to and
// without the blank line.
inline std::string with_body(std::string_view head, std::string_view body) {
    auto const content = wire(body);
    return wire(head) + "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content;
}

}  // namespace tidegate::rtsp::test
