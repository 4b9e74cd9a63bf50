// What the sessions of one Server share: its settings, routes and tasks. The Server and each of the
// running sessions own it together, so it outlives them all. The loop's thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/request_reader.hpp"
#include "http/response_writer.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"
#include "net/task_group.hpp"
#include "net/tls_buffers.hpp"
#include "net/tls_watch.hpp"

namespace tidegate::http {

using Clock = std::chrono::steady_clock;

// How often the deadlines of all sessions are checked. They share one timer; a request has none.
inline constexpr std::chrono::milliseconds kDeadlineCheckPeriod{250};

// How many connections beyond the limit are answered 503 at the same time; the others are closed
// without an answer.
inline constexpr std::size_t kMaxOverloadReplies = 64;

// Bytes of one read from a socket: a browser's request, or many small ones that came together.
inline constexpr std::size_t kReadBytes = 16 * 1024;

// How many requests' memory is kept for the next requests, and how much text each may have: that of
// a header. The others are freed.
inline constexpr std::size_t kSpareRequests = 32;
inline constexpr std::size_t kLargestSpareRequest = 16 * 1024;

class Session;

// A request, and what reads it.
struct Incoming {
    explicit Incoming(Limits const& limits) : reader(limits, request) {}
    Request request;
    RequestReader reader;
};

class ServerCore : public std::enable_shared_from_this<ServerCore> {
public:
    ServerCore(asio::io_context& loop, ServerSettings wanted);

    // The refusal of a request that a web page of another origin may have sent (page_guard.hpp);
    // nullopt: it may go on.
    std::optional<Response> turn_away(Request const& request);
    // What the gate answers; nullopt: the request may go on. REQUIRES: there is a gate.
    asio::awaitable<std::optional<Response>> ask_gate(Request const& request);
    // What the handler answers, or the refusal if there is no handler or it throws.
    NowOrLater answer(Request& request, bool has_length);
    asio::awaitable<Response> wait_for(asio::awaitable<Response> response, Request const& request);
    std::optional<Response> start(PendingAnswer& pending, Asker& asker);
    Response refuse(Refusal refusal, Request const* request, std::string_view allow,
                    std::string_view detail);

    // What a connection begins with: its TLS, if the server speaks that.
    net::Link link_of(asio::ip::tcp::socket socket) const;

    // The session has ended.
    void forget(std::list<std::shared_ptr<Session>>::iterator session);
    void end_sessions();
    // Returns true when the last session has ended.
    asio::awaitable<bool> join_sessions();

    std::unique_ptr<Incoming> take_incoming();
    // REQUIRES: its reader is untouched.
    void keep_incoming(std::unique_ptr<Incoming> incoming);

    asio::io_context& io;
    ServerSettings settings;
    Routes routes;
    asio::ip::tcp::acceptor acceptor;
    std::list<std::shared_ptr<Session>> sessions;
    std::size_t overload_replies = 0;
    bool stopping = false;
    // What the sessions share, since only one of them has its turn: the bytes of the newest read,
    // and memory for an answer.
    std::vector<char> read_buffer = std::vector<char>(kReadBytes);
    std::string spare_output;
    std::shared_ptr<net::TlsServerContext> tls;  // null: in clear
    std::optional<net::TlsWatch> tls_watch;
    net::TlsBuffers tls_buffers;
    net::TaskGroup services;     // accept_connections(), check_deadlines()
    net::TaskGroup connections;  // of sessions that wait for something else than their clients

private:
    NowOrLater route(Request& request, bool has_length);
    NowOrLater with_headers(NowOrLater answer, Request const& request) const;
    Response options(Request const& request);

    std::vector<std::unique_ptr<Incoming>> spare_requests_;
    asio::steady_timer no_sessions_{io};  // a condition variable: cancelled when the last one ends
};

asio::awaitable<void> check_deadlines(std::shared_ptr<ServerCore> core);
asio::awaitable<void> accept_connections(std::shared_ptr<ServerCore> core);

}  // namespace tidegate::http
