// The TLS of one connection, as a server's context (tls_server.hpp) or a client's (tls_client.hpp)
// makes it; OpenSSL does the work. It is a plain SSL*, so that each kind of stream can use it:
// net::Connection takes it with the socket, and asio::ssl::stream's constructor takes
// tls.release(). The thread of the connection only.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

namespace tidegate::net {

struct TlsDelete {
    void operator()(SSL* tls) const;
    void operator()(SSL_CTX* context) const;
};
using TlsPtr = std::unique_ptr<SSL, TlsDelete>;

// TLS 1.2 and 1.3 (RFC 8446), with forward secrecy and authenticated ciphers only. AES with 128
// bits comes first, because it costs a fan-out least. Throws std::bad_alloc.
std::unique_ptr<SSL_CTX, TlsDelete> new_tls_context(bool server);

// A text that lives as long as the context, for its callbacks: connections may outlive whoever made
// the context. To be called once for a context.
std::string const& keep_with(SSL_CTX* context, std::string text);

// The names of protocols as ALPN sends them (RFC 7301 §3.1). REQUIRES: each has 1 to 255 bytes.
std::string alpn_list(std::vector<std::string> const& protocols);

// What the first call of OpenSSL that failed on this thread says: "wrong version number". Empties
// OpenSSL's list of errors.
std::string take_tls_error();

// Why the handshake on this connection has failed, for the log: "certificate not accepted:
// self-signed certificate", "wrong version number". To be called at once after it has.
std::string handshake_problem(SSL* tls);
// The part of it that is about the peer's certificate; empty: nothing is wrong with it.
std::string certificate_problem(SSL* tls);

}  // namespace tidegate::net
