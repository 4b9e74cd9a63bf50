#include "http/server_core.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "http/session.hpp"
#include "log/log.hpp"
#include "net/handshake_limit.hpp"
#include "net/listener.hpp"

namespace tidegate::http {
namespace {

void log_failure(Request const* request, std::string_view what) {
    log::write(log::Level::error, "http.handler_failed", what,
               {{"method", request != nullptr ? request->method : std::string_view()},
                {"path", request != nullptr ? request->path : std::string_view()}});
}

net::TaskGroup::OnException log_exceptions() {
    return [](std::string const& task, std::string const& what) {
        log::write(log::Level::error, "http.task_failed", what, {{"task", task}});
    };
}

bool wants_length(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

std::string_view default_detail(Refusal refusal) {
    switch (refusal) {
        case Refusal::bad_request:
            return "the request is malformed";
        case Refusal::foreign_page:
            return "a page of another origin may not do this";
        case Refusal::not_found:
            return "nothing is here";
        case Refusal::method_not_allowed:
            return "the method is not allowed here";
        case Refusal::length_required:
            return "Content-Length or chunked encoding is required";
        case Refusal::body_too_large:
            return "the body is too large";
        case Refusal::headers_too_large:
            return "the header is too large";
        case Refusal::request_timeout:
            return "the request did not arrive in time";
        case Refusal::internal_error:
            return "an internal error";
        case Refusal::overloaded:
            return "too many connections";
    }
    return "";
}

unsigned status_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::bad_request:
            return 400;
        case Refusal::foreign_page:
            return 403;
        case Refusal::not_found:
            return 404;
        case Refusal::method_not_allowed:
            return 405;
        case Refusal::length_required:
            return 411;
        case Refusal::body_too_large:
            return 413;
        case Refusal::headers_too_large:
            return 431;
        case Refusal::request_timeout:
            return 408;
        case Refusal::internal_error:
            return 500;
        case Refusal::overloaded:
            return 503;
    }
    return 500;
}

// See net/handshake_limit.hpp.
bool may_shake_hands(asio::ip::tcp::socket const& socket) {
    boost::system::error_code gone;
    auto const peer = socket.remote_endpoint(gone).address();
    auto& limit = net::HandshakeLimit::of_program();
    if (limit.admit(peer, Clock::now())) return true;
    if (auto const complaint = limit.complaint(Clock::now())) {
        log::write(log::Level::warn, "handshake.refused", *complaint);
    }
    return false;
}

}  // namespace

ServerCore::ServerCore(asio::io_context& loop, ServerSettings wanted)
    : io(loop),
      settings(std::move(wanted)),
      acceptor(loop),
      services(loop, log_exceptions()),
      connections(loop, log_exceptions()) {}

Response ServerCore::refuse(Refusal refusal, Request const* request, std::string_view allow,
                            std::string_view detail) {
    auto const status = status_of(refusal);
    try {
        auto response =
            settings.refuse(refusal, {.status = status,
                                      .allow = allow,
                                      .detail = detail.empty() ? default_detail(refusal) : detail,
                                      .request = request});
        if (response.status == 405) response.headers.emplace_back("Allow", allow);
        if (settings.after) settings.after(request, response);
        return response;
    } catch (std::exception const& error) {
        log_failure(request, error.what());
        return {.status = status};
    }
}

Response ServerCore::options(Request const& request) {
    auto const match = routes.find("OPTIONS", request.path);
    Response response{.status = 204};
    if (request.path == "*") return response;
    if (match.allow.empty()) return refuse(Refusal::not_found, &request, {}, {});
    response.headers.emplace_back("Allow", match.allow + ", OPTIONS");
    if (settings.after) settings.after(&request, response);
    return response;
}

// Those of settings.after. An answer that comes later gets them then.
NowOrLater ServerCore::with_headers(NowOrLater answer, Request const& request) const {
    auto* const now = std::get_if<Response>(&answer);
    if (now != nullptr && settings.after) settings.after(&request, *now);
    return answer;
}

NowOrLater ServerCore::route(Request& request, bool has_length) {
    if (settings.handle) return with_headers(settings.handle(request), request);
    auto match = routes.find(request.method, request.path);
    if (match.handler == nullptr) {
        if (request.method == "OPTIONS") return options(request);
        auto const refusal = match.allow.empty() ? Refusal::not_found : Refusal::method_not_allowed;
        return refuse(refusal, &request, match.allow, {});
    }
    if (settings.require_length && !has_length && wants_length(request.method)) {
        return refuse(Refusal::length_required, &request, {}, {});
    }
    request.params = std::move(match.params);
    return with_headers((*match.handler)(request), request);
}

std::optional<Response> ServerCore::turn_away(Request const& request) {
    auto const why = page_refusal(request, settings.pages);
    if (!why) return std::nullopt;
    return refuse(Refusal::foreign_page, &request, {}, *why);
}

asio::awaitable<std::optional<Response>> ServerCore::ask_gate(Request const& request) {
    try {
        auto ended = co_await settings.gate(request);
        if (ended && settings.after) settings.after(&request, *ended);
        co_return ended;
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted) throw;  // the server ends
        log_failure(&request, error.what());
    } catch (std::exception const& error) {
        log_failure(&request, error.what());
    }
    co_return refuse(Refusal::internal_error, &request, {}, {});
}

std::optional<Response> ServerCore::start(PendingAnswer& pending, Asker& asker) {
    try {
        return pending.start(asker);
    } catch (std::exception const& error) {
        log_failure(nullptr, error.what());
    }
    return refuse(Refusal::internal_error, nullptr, {}, {});
}

asio::awaitable<Response> ServerCore::wait_for(asio::awaitable<Response> response,
                                               Request const& request) {
    try {
        auto done = co_await std::move(response);
        if (settings.after) settings.after(&request, done);
        co_return done;
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted) throw;  // the server ends
        log_failure(&request, error.what());
    } catch (std::exception const& error) {
        log_failure(&request, error.what());
    }
    co_return refuse(Refusal::internal_error, &request, {}, {});
}

NowOrLater ServerCore::answer(Request& request, bool has_length) {
    try {
        return route(request, has_length);
    } catch (std::exception const& error) {
        log_failure(&request, error.what());
    } catch (...) {
        log_failure(&request, "an exception of unknown type");
    }
    return refuse(Refusal::internal_error, &request, {}, {});
}

net::Link ServerCore::link_of(asio::ip::tcp::socket socket) const {
    auto state = tls != nullptr ? tls->accept() : net::TlsPtr();
    return {std::move(socket), std::move(state)};
}

void ServerCore::forget(std::list<std::shared_ptr<Session>>::iterator session) {
    sessions.erase(session);
    if (sessions.empty()) no_sessions_.cancel();
}

void ServerCore::end_sessions() {
    while (!sessions.empty()) sessions.front()->end();
}

asio::awaitable<bool> ServerCore::join_sessions() {
    while (!sessions.empty()) {
        no_sessions_.expires_at(Clock::time_point::max());
        co_await no_sessions_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return true;
}

std::unique_ptr<Incoming> ServerCore::take_incoming() {
    if (spare_requests_.empty()) return std::make_unique<Incoming>(settings.limits);
    auto incoming = std::move(spare_requests_.back());
    spare_requests_.pop_back();
    return incoming;
}

void ServerCore::keep_incoming(std::unique_ptr<Incoming> incoming) {
    auto const& request = incoming->request;
    auto const text = request.target.capacity() + request.path.capacity() + request.body.capacity();
    if (spare_requests_.size() >= kSpareRequests || text > kLargestSpareRequest) return;
    spare_requests_.push_back(std::move(incoming));
}

asio::awaitable<void> check_deadlines(std::shared_ptr<ServerCore> core) {
    asio::steady_timer timer(core->io);
    while (true) {
        timer.expires_after(kDeadlineCheckPeriod);
        auto const [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (error) co_return;
        auto const now = Clock::now();
        for (auto const& session : core->sessions) session->check(now);
    }
}

asio::awaitable<void> accept_connections(std::shared_ptr<ServerCore> core) {
    auto const on_socket = [core = core.get()](asio::ip::tcp::socket socket) {
        if (core->tls != nullptr && !may_shake_hands(socket)) return;
        bool const overloaded =
            core->sessions.size() - core->overload_replies >= core->settings.limits.connections;
        // A handshake costs more than an answer.
        if (overloaded && core->tls != nullptr) return;
        if (overloaded && core->overload_replies >= kMaxOverloadReplies) return;
        if (overloaded) ++core->overload_replies;
        Session::begin(*core, core->link_of(std::move(socket)),
                       overloaded ? Admission::refused : Admission::admitted);
    };
    auto const on_error = [](boost::system::error_code const& error) {
        log::write(log::Level::warn, "http.accept_paused", error.message());
    };
    co_await net::accept_loop(core->acceptor, on_socket, on_error);
}

}  // namespace tidegate::http
