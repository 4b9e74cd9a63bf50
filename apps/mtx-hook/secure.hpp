// TLS 1.2 to media-service over a Socket, by mbed TLS (docs/adr/0015-mbed-tls-in-mtx-hook.md).
// Every wait ends at the socket's deadline. One thread.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "event.hpp"
#include "socket.hpp"

namespace tidegate::hook {

// Whom to trust. Both empty: the certificates of the system.
struct Trust {
    std::string ca_file;  // these certificates, and no others
    std::string
        fingerprint;  // the SHA-256 of the one certificate that is accepted, whoever signed it
};

class SecureSocket final : public Wire {
public:
    // Shakes hands. host: the certificate must be for this name or address.
    static std::expected<SecureSocket, Error> connect(Socket socket, std::string const& host,
                                                      Trust const& trust);
    SecureSocket(SecureSocket&&) noexcept;
    SecureSocket& operator=(SecureSocket&&) = delete;
    ~SecureSocket() override;

    std::expected<void, Error> send(std::string_view bytes) override;
    std::expected<std::size_t, Error> receive(std::span<char> into) override;

private:
    struct State;
    explicit SecureSocket(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace tidegate::hook
