// What the sessions of one Server share: its settings, routes and tasks. Owned by the Server and by
// every running session, so that it outlives both. The loop's thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "http/response_writer.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"
#include "net/task_group.hpp"

namespace tidegate::http {

using Clock = std::chrono::steady_clock;

// One timer for all deadlines of a server: no timer is armed per request.
inline constexpr std::chrono::milliseconds kDeadlineCheckPeriod{250};

// Connections beyond the limit that are being told so at a time; the others are just closed.
inline constexpr std::size_t kMaxOverloadReplies = 64;

class Session;

class ServerCore : public std::enable_shared_from_this<ServerCore> {
public:
    ServerCore(asio::io_context& loop, ServerSettings wanted);

    // The answer to what a stranger's web page may have sent.
    std::optional<Response> turn_away(Request const& request);
    // The gate's answer, when there is a gate and it has one.
    asio::awaitable<std::optional<Response>> ask_gate(Request const& request);
    // Routing, filters and handler: always an answer.
    Response answer(Request& request, bool has_length);
    Response refuse(Refusal refusal, Request const* request, std::string_view allow,
                    std::string_view detail);

    asio::io_context& io;
    ServerSettings settings;
    Routes routes;
    asio::ip::tcp::acceptor acceptor;
    std::list<Session*> sessions;
    std::size_t overload_replies = 0;
    bool stopping = false;
    net::TaskGroup services;  // accepting, deadlines
    net::TaskGroup connections;

private:
    Response route(Request& request, bool has_length);
    Response options(Request const& request);
};

asio::awaitable<void> check_deadlines(std::shared_ptr<ServerCore> core);
asio::awaitable<void> accept_connections(std::shared_ptr<ServerCore> core);

}  // namespace tidegate::http
