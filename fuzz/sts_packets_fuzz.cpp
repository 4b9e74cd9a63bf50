// Packets of Engine.IO and Socket.IO. What has been read is written and read again, and is the
// same.
#include "checks.hpp"
#include "sts/core/packet.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate;
    auto const packet = sts::parse_packet(base::as_text({data, size}));
    if (!packet) return 0;
    auto const text = sts::write_packet(*packet);
    auto const again = sts::parse_packet(text);
    fuzz::require(again && *again == *packet);
    return 0;
}
