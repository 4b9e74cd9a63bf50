// The server's side of TLS: certificate, key, and what is spoken above it. Any thread; it may be
// shared by all listeners with the same files. TlsWatch (tls_watch.hpp) calls reload().
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/tls.hpp"

namespace tidegate::net {

struct TlsServerSettings {
    std::string certificate_file;  // PEM: the server's own first, then those between it and the CA
    std::string key_file;          // PEM, without a passphrase
    // ALPN, the preferred one first: {"http/1.1"}. A client that offers only others is refused
    // (RFC 7301 §3.2). Empty: what a client offers is ignored.
    std::vector<std::string> protocols{};
    bool operator==(TlsServerSettings const&) const = default;
};

class TlsServerContext {
public:
    // Reads both files. The error: "open server.crt: no such file or directory", "server.crt and
    // server.key: key values mismatch".
    static std::expected<std::shared_ptr<TlsServerContext>, std::string> load(
        TlsServerSettings settings);
    ~TlsServerContext();

    // For a connection that was accepted, before its handshake. It keeps the certificate that it
    // begins with. Clients that come again resume their session by a ticket (RFC 8446 §4.6.1) until
    // the certificate changes. Throws std::bad_alloc.
    TlsPtr accept() const;

    enum class Reloaded { unchanged, changed };
    // Reads the files again. After an error, whose text is like that of load(), the old pair stays.
    std::expected<Reloaded, std::string> reload();

    TlsServerSettings const& settings() const { return settings_; }

private:
    struct Loaded;
    std::expected<Loaded, std::string> read() const;
    explicit TlsServerContext(TlsServerSettings settings);

    TlsServerSettings const settings_;
    mutable std::mutex mutex_;
    std::unique_ptr<Loaded> current_;
};

}  // namespace tidegate::net
