// A connected TCP socket whose every wait ends at one deadline. Owns the descriptor.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "event.hpp"

namespace tidegate::hook {

// What a request and its answer go over. Not a template's parameter: the code that reads an answer
// would be there twice, and its pages would count for every call.
class Wire {
public:
    virtual ~Wire() = default;
    virtual std::expected<void, Error> send(std::string_view bytes) = 0;
    // What has arrived, at least one byte; 0 at the end of the stream.
    virtual std::expected<std::size_t, Error> receive(std::span<char> into) = 0;
};

class Socket final : public Wire {
public:
    using Clock = std::chrono::steady_clock;

    // Resolves and tries each address until one accepts.
    static std::expected<Socket, Error> connect(std::string const& host, std::string const& port,
                                                Clock::time_point deadline);
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&&) = delete;
    ~Socket() override;

    std::expected<void, Error> send(std::string_view bytes) override;
    std::expected<std::size_t, Error> receive(std::span<char> into) override;

private:
    Socket(int descriptor, Clock::time_point deadline);

    int descriptor_;
    Clock::time_point deadline_;
};

}  // namespace tidegate::hook
