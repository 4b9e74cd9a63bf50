#include "sts/io/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "base/random.hpp"
#include "net/first_of.hpp"
#include "sts/core/dispatcher.hpp"
#include "sts/io/look_at_clock.hpp"
#include "sts/io/web_socket.hpp"

namespace tidegate::sts {

namespace asio = boost::asio;

namespace {

// How long the service may take nothing of a message. What it has not taken by then it would
// answer after the fragment's deadline in any case.
constexpr std::chrono::milliseconds kWriteDeadline{8000};
// How long a good-bye may take.
constexpr std::chrono::milliseconds kCloseDeadline{1000};

}  // namespace

class Client::Impl final : net::Watched {
public:
    Impl(net::EventLoop& loop, ClientSettings settings, ClientHandler& handler)
        : loop_(loop),
          settings_(std::move(settings)),
          handler_(handler),
          dispatcher_(settings_.stream, settings_.token, settings_.policy,
                      {base::random_uuid, base::random_bits}),
          wake_(loop.io()) {}

    asio::awaitable<void> run();
    void check(net::LoopClock::time_point now) override;
    void wake() { wake_.cancel(); }

    Dispatcher& dispatcher() { return dispatcher_; }
    Dispatcher const& dispatcher() const { return dispatcher_; }

private:
    // The value of a coroutine that only waits.
    struct Waited {};

    asio::awaitable<void> keep_session();
    asio::awaitable<SessionEnd> serve_connection(std::unique_ptr<WebSocket> socket);
    asio::awaitable<SessionEnd> read_messages(WebSocket& socket);
    asio::awaitable<SessionEnd> write_messages(WebSocket& socket);
    asio::awaitable<void> wait_for_wake(Time until);
    asio::awaitable<Waited> idle(Time until);
    void deliver();

    net::EventLoop& loop_;
    ClientSettings const settings_;
    ClientHandler& handler_;
    Dispatcher dispatcher_;
    asio::steady_timer wake_;
    WebSocket* socket_ = nullptr;  // while one is open
    std::optional<Time> abort_at_;
};

asio::awaitable<void> Client::Impl::run() {
    loop_.watch(*this);
    std::exception_ptr failure;
    try {
        co_await keep_session();
    } catch (boost::system::system_error const& error) {
        // The task was cancelled.
        if (error.code() != asio::error::operation_aborted) failure = std::current_exception();
    } catch (...) {
        failure = std::current_exception();
    }
    socket_ = nullptr;
    loop_.unwatch(*this);
    dispatcher_.stop(look_at_clock());
    deliver();
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> Client::Impl::keep_session() {
    ConnectRequest const request{.url = settings_.url,
                                 .token = settings_.token,
                                 .ca_file = settings_.ca_file,
                                 .stream_id = settings_.stream.stream_id,
                                 .worker_id = settings_.stream.worker_id};
    while (!dispatcher_.done()) {
        dispatcher_.on_connecting(look_at_clock());
        deliver();
        auto connecting = connect_web_socket(request);
        auto ended = co_await net::first_of(std::move(connecting), idle(Time::max()));
        if (ended.index() == 1) co_return;  // stopped meanwhile
        auto connected = std::move(std::get<0>(ended));
        auto end = connected ? co_await serve_connection(std::move(*connected)) : connected.error();
        auto const pause = dispatcher_.on_disconnected(std::move(end), look_at_clock());
        co_await idle(Clock::now() + pause);
    }
}

asio::awaitable<SessionEnd> Client::Impl::serve_connection(std::unique_ptr<WebSocket> socket) {
    dispatcher_.on_connected(look_at_clock());
    socket_ = socket.get();
    auto reading = read_messages(*socket);
    auto ended = co_await net::first_of(std::move(reading), write_messages(*socket));
    socket_ = nullptr;
    abort_at_.reset();
    co_return ended.index() == 0 ? std::get<0>(std::move(ended)) : std::get<1>(std::move(ended));
}

asio::awaitable<SessionEnd> Client::Impl::read_messages(WebSocket& socket) {
    while (true) {
        auto const text = co_await socket.read();
        if (!text) co_return text.error();
        dispatcher_.on_message(*text, look_at_clock());
        deliver();
        auto const closing = dispatcher_.closing();
        if (closing && closing->kind == SessionEnd::Kind::hostile) co_return *closing;
        wake();
    }
}

asio::awaitable<SessionEnd> Client::Impl::write_messages(WebSocket& socket) {
    while (true) {
        deliver();
        if (auto const message = dispatcher_.next_message()) {
            abort_at_ = Clock::now() + kWriteDeadline;
            auto const written = co_await socket.write(*message);
            abort_at_.reset();
            if (!written) co_return written.error();
            dispatcher_.check(look_at_clock());
            continue;
        }
        if (dispatcher_.closing() || dispatcher_.done()) {
            abort_at_ = Clock::now() + kCloseDeadline;
            co_await socket.close();
            co_return SessionEnd{SessionEnd::Kind::complete, "the client has closed"};
        }
        co_await wait_for_wake(Time::max());
    }
}

asio::awaitable<void> Client::Impl::wait_for_wake(Time until) {
    wake_.expires_at(until);
    co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
}

// Waits, and tells the handler what happens meanwhile. Returns early when the client is done.
asio::awaitable<Client::Impl::Waited> Client::Impl::idle(Time until) {
    deliver();
    while (!dispatcher_.done() && Clock::now() < until) {
        co_await wait_for_wake(until);
        deliver();
    }
    co_return Waited{};
}

void Client::Impl::check(net::LoopClock::time_point now) {
    dispatcher_.check(look_at_clock());
    deliver();
    if (abort_at_ && now >= *abort_at_ && socket_ != nullptr) socket_->abort();
    if (dispatcher_.has_message() || dispatcher_.closing() || dispatcher_.done()) wake();
}

void Client::Impl::deliver() {
    while (auto report = dispatcher_.next_report()) {
        if (auto* const change = std::get_if<StateChange>(&*report)) {
            handler_.on_state(change->state, change->reason);
        } else {
            auto& [fragment, outcome] = std::get<FragmentOutcome>(*report);
            handler_.on_result(fragment, std::move(outcome));
        }
    }
}

Client::Client(net::EventLoop& loop, ClientSettings settings, ClientHandler& handler)
    : impl_(std::make_unique<Impl>(loop, std::move(settings), handler)) {}
Client::~Client() = default;

asio::awaitable<void> Client::run() {
    return impl_->run();
}

bool Client::can_send() const {
    return impl_->dispatcher().can_send(Clock::now());
}

void Client::send(Fragment fragment) {
    impl_->dispatcher().send(std::move(fragment), look_at_clock());
    impl_->wake();
}

void Client::end() {
    impl_->dispatcher().end(look_at_clock());
    impl_->wake();
}

void Client::stop() {
    impl_->dispatcher().stop(look_at_clock());
    impl_->wake();
}

ClientState Client::state() const {
    return impl_->dispatcher().state();
}
std::string const& Client::reason() const {
    return impl_->dispatcher().reason();
}
std::size_t Client::in_flight() const {
    return impl_->dispatcher().in_flight();
}
std::size_t Client::waiting() const {
    return impl_->dispatcher().waiting();
}
std::uint32_t Client::max_in_flight() const {
    return impl_->dispatcher().max_in_flight();
}
Breaker::State Client::breaker() const {
    return impl_->dispatcher().breaker().state(Clock::now());
}
std::uint64_t Client::breaker_openings() const {
    return impl_->dispatcher().breaker().openings();
}
ClientCounters const& Client::counters() const {
    return impl_->dispatcher().counters();
}

}  // namespace tidegate::sts
