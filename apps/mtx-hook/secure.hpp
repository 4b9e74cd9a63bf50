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
#include "post.hpp"
#include "socket.hpp"

namespace tidegate::hook {

class SecureSocket final : public Wire {
public:
    // Security::encrypt.
    static std::expected<std::unique_ptr<Wire>, Error> connect(Socket socket,
                                                               std::string const& host,
                                                               Trust const& trust);
    SecureSocket(SecureSocket const&) = delete;
    SecureSocket& operator=(SecureSocket const&) = delete;
    ~SecureSocket() override;

    std::expected<void, Error> send(std::string_view bytes) override;
    std::expected<std::size_t, Error> receive(std::span<char> into) override;

private:
    struct State;
    explicit SecureSocket(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace tidegate::hook
