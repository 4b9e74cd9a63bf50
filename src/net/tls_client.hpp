// The client's side of TLS: which servers are trusted, and who we are. Any thread; one context
// serves all connections of a program, because reading the system's certificates takes some
// milliseconds.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "net/tls.hpp"

namespace tidegate::net {

struct TlsTrust {
    // Certificates (PEM) that are trusted besides the system's; empty: none.
    std::string ca_file{};
    // The SHA-256 of the server's certificate in 64 hexadecimal digits, with or without colons, as
    // MediaMTX's destFingerprint and sourceFingerprint. If it is not empty, this certificate is
    // accepted and no other: who has signed it, its name and its dates do not matter.
    std::string fingerprint{};
    std::vector<std::string> protocols{};  // ALPN; empty: none are offered
    // Certificates (PEM text) that are trusted, and no others: the system's neither. Empty: as
    // above.
    std::string only_authorities{};
    // The name that the certificate must have and that is sent as SNI; empty: the host's.
    std::string server_name{};
    // Who we are, if the server asks: a certificate, those that lead to its authority, and its key
    // (PEM text). Both or neither.
    std::string certificate{}, key{};
};

class TlsClientContext {
public:
    // The error is a sentence: "cannot read certificates from /x: no such file", "a fingerprint has
    // 64 hexadecimal digits", "the client's key cannot be used: key values mismatch".
    static std::expected<std::shared_ptr<TlsClientContext const>, std::string> make(TlsTrust trust);
    // Trusts the certificates of the system, as they were when this was called first in this
    // process. Each call gives the same one.
    static std::shared_ptr<TlsClientContext const> system();
    ~TlsClientContext();

    // For a connection to this host, a name or an address without brackets, before its handshake:
    // the server's certificate must be for it. A name is also sent to the server (SNI, RFC 6066
    // §3). Throws std::bad_alloc.
    TlsPtr connect(std::string const& host) const;

private:
    TlsClientContext();

    std::unique_ptr<SSL_CTX, TlsDelete> context_;
    std::string server_name_;
};

}  // namespace tidegate::net
