#include "sts/io/service_server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "base/random.hpp"
#include "http/page_guard.hpp"
#include "log/log.hpp"
#include "net/first_of.hpp"
#include "sts/io/look_at_clock.hpp"
#include "sts/io/web_socket.hpp"

namespace tidegate::sts {

namespace asio = boost::asio;

namespace {

// How long a client may take nothing of a message: as long as its answer is of use (§5.12).
constexpr std::chrono::milliseconds kClientWriteDeadline{8000};
constexpr std::chrono::milliseconds kClientCloseDeadline{1000};
// For requests beside the WebSockets: health and metrics.
constexpr std::size_t kPlainConnections = 16;

http::Response text_response(unsigned status, std::string text) {
    http::Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(text) + "\n";
    return response;
}

// A web page of another origin must not speak through its visitor's browser. To a page guard, a
// GET only reads; a WebSocket can do more.
bool comes_from_foreign_page(http::Request request) {
    request.method = "POST";
    return http::page_refusal(request, {}).has_value();
}

http::ServerSettings http_settings(ServiceSettings const& settings) {
    http::ServerSettings http;
    http.address = settings.address;
    http.limits.connections = settings.connections + kPlainConnections;
    http.refuse = [](http::Refusal, http::RefusalInfo const& info) {
        return text_response(info.status, std::string(info.detail));
    };
    return http;
}

}  // namespace

class ServiceServer::Connection final : public ServiceConnection, net::Watched {
public:
    Connection(ServiceServer& server, WebSocket& socket)
        : server_(server),
          socket_(socket),
          wake_(server.loop_.io()),
          session_(server.settings_.policy, base::random_uuid, look_at_clock()),
          worker_(server.settings_.make_worker(*this)) {
        server_.connections_.push_back(this);
        server_.loop_.watch(*this);
    }
    ~Connection() override {
        server_.loop_.unwatch(*this);
        std::erase(server_.connections_, this);
    }

    asio::awaitable<SessionEnd> run() {
        auto reading = read_messages();
        auto ended = co_await net::first_of(std::move(reading), write_messages());
        if (session_.closed()) co_return *session_.closed();
        co_return ended.index() == 0 ? std::get<0>(std::move(ended))
                                     : std::get<1>(std::move(ended));
    }

    // ServiceConnection
    ServerSession& session() override { return session_; }
    void send_raw(std::string text) override {
        session_.output().push_back({.head = std::move(text)});
    }
    void abort() override {
        aborted_ = true;
        socket_.abort();
    }

    void wake() { wake_.cancel(); }

private:
    void check(net::LoopClock::time_point now) override {
        session_.check(look_at_clock());
        if (abort_at_ && now >= *abort_at_) abort();
        if (!session_.output().empty() || session_.closed()) wake();
    }

    asio::awaitable<SessionEnd> read_messages() {
        while (true) {
            auto const text = co_await socket_.read();
            if (!text) co_return text.error();
            session_.on_message(*text, look_at_clock(), *worker_);
            auto const& closed = session_.closed();
            if (closed && closed->kind == SessionEnd::Kind::hostile) co_return *closed;
            wake();
        }
    }

    asio::awaitable<SessionEnd> write_messages() {
        while (!aborted_) {
            if (Clock::now() >= worker_->next()) worker_->check(look_at_clock());
            auto& output = session_.output();
            if (!output.empty()) {
                auto const message = std::move(output.front());
                output.pop_front();
                abort_at_ = Clock::now() + kClientWriteDeadline;
                auto const written = co_await socket_.write(message);
                abort_at_.reset();
                if (!written) co_return written.error();
                continue;
            }
            if (session_.closed()) {
                abort_at_ = Clock::now() + kClientCloseDeadline;
                co_await socket_.close();
                co_return *session_.closed();
            }
            wake_.expires_at(worker_->next());
            co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        co_return SessionEnd{SessionEnd::Kind::lost, "broken off"};
    }

    ServiceServer& server_;
    WebSocket& socket_;
    asio::steady_timer wake_;
    ServerSession session_;
    std::unique_ptr<ServiceWorker> worker_;
    std::optional<Time> abort_at_;
    bool aborted_ = false;
};

ServiceServer::ServiceServer(net::EventLoop& loop, ServiceSettings settings)
    : loop_(loop), settings_(std::move(settings)), http_(loop.io(), http_settings(settings_)) {
    auto const handler = [this](http::Request const& request) { return upgrade(request); };
    http_.route("GET", "/socket.io/", handler);
    http_.route("GET", "/socket.io", handler);
}

ServiceServer::~ServiceServer() = default;

http::Response ServiceServer::upgrade(http::Request const& request) {
    if (comes_from_foreign_page(request)) return text_response(403, "a page of another origin");
    if (!is_upgrade(request) || request.query_value("EIO") != "4") {
        return text_response(400, "Engine.IO 4 over WebSocket is served here, and nothing else");
    }
    if (connections_.size() >= settings_.connections) {
        ++counters_.rejected;
        return text_response(503, "too many connections");
    }
    http::Response response;
    response.unanswered = true;
    response.take_over = [this, request](net::Link link) {
        return serve(std::move(link.socket), request);  // it speaks in clear only
    };
    return response;
}

asio::awaitable<void> ServiceServer::serve(asio::ip::tcp::socket socket,
                                           http::Request const& request) {
    auto const peer = request.remote_address;
    auto const web_socket = co_await accept_web_socket(std::move(socket), request);
    if (!web_socket) co_return;
    ++counters_.connections;
    Connection connection(*this, *web_socket);
    log::write(log::Level::info, "client.connected", "a client has connected", {{"peer", peer}});
    auto const end = co_await connection.run();
    if (end.kind == SessionEnd::Kind::hostile) ++counters_.hostile;
    log::write(
        log::Level::info, "client.disconnected", end.reason,
        {{"peer", peer}, {"streamId", std::string_view(connection.session().config().stream_id)}});
}

asio::awaitable<void> ServiceServer::stop(std::chrono::milliseconds deadline) {
    for (auto* const connection : connections_) {
        connection->session().disconnect("the service stops");
        connection->wake();
    }
    auto const until = Clock::now() + deadline;
    while (!connections_.empty() && Clock::now() < until) {
        co_await net::sleep_for(std::chrono::milliseconds{10});
    }
    for (auto* const connection : connections_) connection->abort();
    co_await http_.stop(deadline);
}

std::size_t ServiceServer::open() const {
    return connections_.size();
}

std::size_t ServiceServer::active() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        connections_, [](Connection* each) { return each->session().active(); }));
}

std::size_t ServiceServer::in_flight() const {
    std::size_t sum = 0;
    for (auto* const connection : connections_) sum += connection->session().in_flight();
    return sum;
}

}  // namespace tidegate::sts
