// Both halves of the handshake on any bytes, in pieces of any size; whole and in pieces must agree.
#include <cstdlib>

#include "rtmp/core/handshake.hpp"

namespace {

using namespace tidegate;

template <typename Handshake>
bool run(base::ByteView bytes, std::size_t piece, base::Bytes& output) {
    Handshake handshake(1);
    while (!bytes.empty()) {
        auto part = bytes.first(std::min(piece, bytes.size()));
        bytes = bytes.subspan(part.size());
        if (!handshake.feed(part, output)) return false;
        if (handshake.done()) return true;
        if (!part.empty()) std::abort();  // left over before the end
    }
    return false;
}

template <typename Handshake>
void compare(base::ByteView bytes, std::size_t piece) {
    base::Bytes whole_output, pieces_output;
    auto const whole = run<Handshake>(bytes, bytes.size(), whole_output);
    auto const pieces = run<Handshake>(bytes, piece, pieces_output);
    if (whole != pieces || whole_output != pieces_output) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const piece = std::size_t{data[0]} * 8 + 1;
    base::ByteView const bytes(data + 1, size - 1);
    compare<rtmp::ServerHandshake>(bytes, piece);
    compare<rtmp::ClientHandshake>(bytes, piece);
    return 0;
}
