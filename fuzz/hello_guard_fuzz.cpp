// The look at a ClientHello on any bytes, whole and in pieces: both must agree. What passes never
// promises more than a ClientHello may have.
#include <cstdlib>

#include "net/hello_guard.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate;
    if (size == 0) return 0;
    auto const piece = std::size_t{data[0]} + 1;
    base::ByteView bytes(data + 1, size - 1);
    bool const whole = net::HelloGuard().may_pass(bytes);
    net::HelloGuard by_pieces;
    bool pieces = true;
    while (pieces && !bytes.empty()) {
        auto const part = bytes.first(std::min(piece, bytes.size()));
        bytes = bytes.subspan(part.size());
        pieces = by_pieces.may_pass(part);
    }
    if (whole != pieces) std::abort();
    return 0;
}
