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

#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/event_loop.hpp"
#include "sts/core/breaker.hpp"
#include "sts/core/outcome.hpp"
#include "sts/core/service_url.hpp"
#include "sts/core/stream_config.hpp"

namespace tidegate::sts {

// A piece of the source's sound. id: the caller's own number for it, told with its outcome.
struct Fragment {
    std::uint64_t id = 0;
    std::chrono::nanoseconds pts{0};  // goes to the service as metadata
    AudioData audio{};                // its base64 is made by encode_sound(), on any thread
};

enum class ClientState : std::uint8_t {
    connecting,    // from the first attempt to stream:ready, and again after a loss
    ready,         // fragments are sent
    paused,        // ready, but backpressure says pause
    breaker_open,  // ready, but the last fragments failed
    waiting,       // the last attempt failed; the next one follows
    refused,       // the service refuses the token or the settings; asked again rarely
    ending,        // end() was called: answers are awaited
    ended,         // run() is about to return
};
// The state as a word for logs and status: "breaker_open".
std::string_view name_of(ClientState state);

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
    // Of a whole fragment, counted from send().
    std::chrono::milliseconds fragment_deadline = kFragmentDeadline;
    Breaker::Policy breaker{};
    // Between attempts: doubles from the first to the longest, which then repeats for ever.
    std::chrono::milliseconds first_retry{2000};
    std::chrono::milliseconds longest_retry{32'000};
};

// Since the client was made. Cheap to read at any time.
struct ClientCounters {
    std::uint64_t fragments_sent = 0;  // written to the service
    std::uint64_t dubbed = 0;
    std::uint64_t partial = 0;                            // among those dubbed
    std::array<std::uint64_t, kFailureReasons> failed{};  // by FailureReason
    // backpressure events by their action.
    std::uint64_t slow_downs = 0, pauses = 0, all_clears = 0;
    std::uint64_t connections = 0;    // sessions that became ready
    std::uint64_t reconnections = 0;  // attempts after the first
    std::uint64_t late_answers = 0;   // dropped, because their fragment had failed already
    std::uint64_t bytes_sent = 0, bytes_received = 0;
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

    // As many as are cut while the service is asked to slow down; more would miss their deadline.
    static constexpr std::size_t kMostWaiting = 4;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::sts
