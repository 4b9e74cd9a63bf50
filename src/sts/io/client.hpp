// A client of the speech service (Socket.IO over WebSocket): keeps a session alive by itself for as
// long as run() runs, whatever the service does. It connects, initialises the stream, obeys the
// service's limits and backpressure, and connects again for ever. It is a local object of the
// coroutine that calls run(), on one event loop; every call is made on that loop's thread. The
// handler, the loop and the caller must outlive run().
//
//   Client client(loop, settings, handler);
//   spawn(client.run());
//   For each fragment: if (client.can_send()) client.send(...), else use the original. Then wait
//   for its on_result. At the end of the source client.end(); run() returns when all is answered.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "net/event_loop.hpp"
#include "sts/core/client_types.hpp"
#include "sts/core/service_url.hpp"

namespace tidegate::sts {

// Receives what happens, from inside run(); never from inside a call of the client. It may call the
// client.
class ClientHandler {
public:
    virtual ~ClientHandler() = default;
    // The state has changed. reason: a sentence for people; it holds no secret.
    virtual void on_state(ClientState state, std::string const& reason) = 0;
    // Exactly once for each call of send(). The order is that in which answers come.
    virtual void on_result(std::uint64_t fragment, Outcome&& outcome) = 0;
};

struct ClientSettings {
    ServiceUrl url{};
    std::string token{};    // secret; empty: none is sent
    std::string ca_file{};  // certificates (PEM) to trust besides the system's; empty: none
    StreamConfig stream{};
    ClientPolicy policy{};
};

class Client {
public:
    Client(net::EventLoop& loop, ClientSettings settings, ClientHandler& handler);
    ~Client();
    Client(Client const&) = delete;
    Client& operator=(Client const&) = delete;

    // Keeps the session until end() has been carried out or stop() was called; also when the task
    // is cancelled. Before it returns every fragment has had its on_result. Call it once.
    boost::asio::awaitable<void> run();

    // A fragment that is sent now goes to the service, at once or when a slot becomes free. False:
    // its on_result would be a failure in any case.
    bool can_send() const;
    // Takes a fragment, at any time. If the service works on as many as it may, or has asked to
    // slow down, up to kMostWaiting fragments wait here, within their deadlines.
    void send(Fragment fragment);
    // The source has ended: waits for what is under way, ends the stream, and closes. Nothing may
    // be sent afterwards.
    void end();
    // Ends run() without waiting for the service. What is under way fails as `stopped`.
    void stop();

    ClientState state() const;
    std::string const& reason() const;    // of the newest on_state
    std::size_t in_flight() const;        // sent, not answered
    std::size_t waiting() const;          // taken by send(), not sent yet
    std::uint32_t max_in_flight() const;  // of both sides; 0 without a session
    Breaker::State breaker() const;
    std::uint64_t breaker_openings() const;
    ClientCounters const& counters() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::sts
