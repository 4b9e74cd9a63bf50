// Memory of an event loop that the TLS connections on it share (tls_channel.hpp). The loop's thread
// only.
#pragma once

#include "base/bytes.hpp"

namespace tidegate::net {

struct TlsBuffers {
    base::Bytes opened;  // what the last TlsChannel::receive() has decrypted
    base::Bytes sealed;  // what the next TlsChannel::send() sends
    base::Bytes record;  // small pieces that are sealed as one record
};

}  // namespace tidegate::net
