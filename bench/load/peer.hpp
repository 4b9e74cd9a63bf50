// One non-blocking connection of the load generator, over TCP or TLS, and the epoll set that all of
// them are in. One thread.
#pragma once

#include <openssl/types.h>
#include <sys/epoll.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "load/clock.hpp"

namespace tidegate::bench {

class Peer {
public:
    // Starts to connect; on_connected() follows. `epoll` outlives the peer. tls: any certificate
    // will do, for it is the cost that is measured.
    Peer(int epoll, std::string const& host, std::uint16_t port, bool tls = false);
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
    void shake_hands();
    void receive_tls(base::Bytes& buffer);
    void send_tls(base::ByteView bytes);
    void send_pending();
    void watch(std::uint32_t events);

    int const epoll_;
    int socket_;
    bool connected_ = false;
    bool deaf_ = false;
    std::uint32_t wanted_ = 0;
    struct TlsDelete {
        void operator()(SSL* tls) const;
    };
    std::unique_ptr<SSL, TlsDelete> tls_;  // null: in clear
    base::Bytes pending_;
    std::string failure_;
};

}  // namespace tidegate::bench
