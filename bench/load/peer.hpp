// One non-blocking TCP connection of the load generator, and the epoll set that all of them are in.
// One thread.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "load/clock.hpp"

namespace tidegate::bench {

class Peer {
public:
    // Starts to connect; on_connected() follows. `epoll` outlives the peer.
    Peer(int epoll, std::string const& host, std::uint16_t port);
    virtual ~Peer();
    Peer(Peer const&) = delete;
    Peer& operator=(Peer const&) = delete;

    void on_events(std::uint32_t events, base::Bytes& buffer);

    bool failed() const { return !failure_.empty(); }
    std::string const& failure() const { return failure_; }
    // Bytes that the server has not taken yet.
    std::size_t backlog() const { return pending_.size(); }

protected:
    virtual void on_connected() = 0;
    virtual void on_bytes(base::ByteView bytes) = 0;

    void send(base::ByteView bytes);
    // Its kernel acknowledges what comes from now on at once, until the next send().
    void acknowledge_at_once();
    void fail(std::string reason);
    void stop_reading();

private:
    void connected();
    void receive(base::Bytes& buffer);
    void send_pending();
    void watch(std::uint32_t events);

    int const epoll_;
    int socket_;
    bool connected_ = false;
    bool deaf_ = false;
    std::uint32_t wanted_ = 0;
    base::Bytes pending_;
    std::string failure_;
};

}  // namespace tidegate::bench
