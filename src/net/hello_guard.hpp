// Looks at the first bytes of a TLS client, before OpenSSL does. OpenSSL takes a ClientHello of 128
// KiB, and has memory for it as soon as its header has come: more than a connection may cost before
// its peer is authorized (base::kMaxEarlyBytes). Pure; one connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace tidegate::net {

// The ClientHello of a browser has 2 KiB, of which most is a key that withstands quantum computers;
// a session that is resumed adds a ticket of 1 KiB or less. OpenSSL holds it twice.
inline constexpr std::size_t kMaxClientHello = 8 * 1024;

class HelloGuard {
public:
    // Bytes in the order in which they came, in pieces of any size. False: this is a ClientHello
    // that is too large, and nothing more may be passed on. What is no TLS at all is left to
    // OpenSSL.
    bool may_pass(base::ByteView bytes);

private:
    // A record: type, version (2 bytes), length (2 bytes), content (RFC 8446 §5.1). A handshake
    // message: type, length (3 bytes), content (§4); it may lie in several records.
    enum class Part : std::uint8_t { record_header, content, nothing_more };

    base::ByteView take_header(base::ByteView bytes);
    void begin_record();
    bool take_content(base::ByteView content);

    Part part_ = Part::record_header;
    std::array<std::uint8_t, 5> header_{};
    std::size_t header_size_ = 0;
    std::size_t record_left_ = 0;
    bool handshake_ = false;  // the record's content is handshake messages
    std::array<std::uint8_t, 4> message_header_{};
    std::size_t message_header_size_ = 0;
    std::size_t message_left_ = 0;
};

}  // namespace tidegate::net
