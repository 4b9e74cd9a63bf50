// The HTTP request reader: the same bytes whole, in two pieces and byte by byte give the same
// requests and, if refused, the same status; the limits hold. A refusal may be outstanding at the
// end: the reader looks at the end of a chunk only with five bytes in hand. Its words may differ:
// a trailer may be both too large and malformed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/request_reader.hpp"

namespace {

using namespace tidegate::http;

// Small, so that the fuzzer meets them.
Limits limits() {
    Limits limits;
    limits.header_bytes = 512;
    limits.body_bytes = 256;
    return limits;
}

void append(std::string& summary, Request const& request) {
    if (request.body.size() > limits().body_bytes) std::abort();
    summary += request.method + ' ' + request.target + ' ' + request.path + ' ';
    for (auto const& [key, value] : request.query) summary += key + '=' + value + '&';
    for (auto const& [name, value] : request.headers) summary += name + ':' + value + '\n';
    summary += request.body + '\n';
}

// As a connection would: pieces of the given sizes, what was not used up again with more.
struct Result {
    std::string requests;
    std::string refusal{};
    bool agrees(Result const& other) const {
        return requests == other.requests &&
               (refusal.empty() || other.refusal.empty() || refusal == other.refusal);
    }
};

Result read(std::string_view bytes, std::size_t first, std::size_t others) {
    Request request;
    RequestReader reader(limits(), request);
    std::string buffer;
    std::string summary;
    std::size_t piece = first;
    while (true) {
        auto const used = reader.feed(buffer);
        if (used > buffer.size()) std::abort();
        buffer.erase(0, used);
        if (reader.state() == RequestReader::State::complete) {
            append(summary, request);
            reader.next();
            continue;
        }
        if (reader.state() == RequestReader::State::refused) {
            return {summary, std::to_string(static_cast<int>(reader.refusal()))};
        }
        if (bytes.empty()) return {summary};
        buffer += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        piece = others;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    if (size == 0) return 0;
    auto const whole = read(bytes, size, size);
    if (!read(bytes, 1 + data[size - 1] % size, size).agrees(whole)) std::abort();
    if (!read(bytes, 1, 1).agrees(whole)) std::abort();
    return 0;
}
