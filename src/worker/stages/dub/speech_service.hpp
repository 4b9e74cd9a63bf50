// What the stage needs of a speech service, so that a test can be one. The worker's loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/event_loop.hpp"
#include "sts/io/client.hpp"

namespace tidegate::worker {

class SpeechService {
public:
    virtual ~SpeechService() = default;
    // As the functions of sts::Client.
    virtual bool can_send() const = 0;
    virtual void send(sts::Fragment fragment) = 0;
    virtual void end() = 0;
    virtual sts::ClientState state() const = 0;
    virtual std::string reason() const = 0;
    virtual std::size_t in_flight() const = 0;
    virtual sts::Breaker::State breaker() const = 0;
    virtual sts::ClientCounters const& counters() const = 0;
};

// The handler is not called after the service's destructor.
using ServiceFactory = std::function<std::unique_ptr<SpeechService>(
    net::EventLoop& loop, sts::ClientSettings settings, sts::ClientHandler& handler)>;

// A client that connects, and stays connected, until it is destroyed.
std::unique_ptr<SpeechService> connect_service(net::EventLoop& loop, sts::ClientSettings settings,
                                               sts::ClientHandler& handler);

}  // namespace tidegate::worker
