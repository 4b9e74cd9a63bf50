#include "worker/stages/dub/speech_service.hpp"

#include <boost/asio/awaitable.hpp>
#include <utility>

namespace tidegate::worker {

namespace {

// The client's task may outlive the stage by the turns of the loop that it needs to end. What it
// says then is not passed on.
struct Session final : sts::ClientHandler {
    Session(net::EventLoop& loop, sts::ClientSettings settings, sts::ClientHandler& to)
        : handler(&to), client(loop, std::move(settings), *this) {}

    void on_state(sts::ClientState state, std::string const& reason) override {
        if (handler != nullptr) handler->on_state(state, reason);
    }
    void on_result(std::uint64_t fragment, sts::Outcome&& outcome) override {
        if (handler != nullptr) handler->on_result(fragment, std::move(outcome));
    }

    sts::ClientHandler* handler;
    sts::Client client;
};

boost::asio::awaitable<void> keep(std::shared_ptr<Session> session) {
    co_await session->client.run();
}

class ConnectedService final : public SpeechService {
public:
    ConnectedService(net::EventLoop& loop, sts::ClientSettings settings,
                     sts::ClientHandler& handler)
        : session_(std::make_shared<Session>(loop, std::move(settings), handler)) {
        loop.tasks().spawn("speech service", keep(session_));
    }
    ~ConnectedService() override {
        session_->handler = nullptr;
        session_->client.stop();
    }
    ConnectedService(ConnectedService const&) = delete;
    ConnectedService& operator=(ConnectedService const&) = delete;

    bool can_send() const override { return session_->client.can_send(); }
    void send(sts::Fragment fragment) override { session_->client.send(std::move(fragment)); }
    void end() override { session_->client.end(); }
    sts::ClientState state() const override { return session_->client.state(); }
    std::string reason() const override { return session_->client.reason(); }
    std::size_t in_flight() const override { return session_->client.in_flight(); }
    sts::Breaker::State breaker() const override { return session_->client.breaker(); }
    sts::ClientCounters const& counters() const override { return session_->client.counters(); }

private:
    std::shared_ptr<Session> session_;
};

}  // namespace

std::unique_ptr<SpeechService> connect_service(net::EventLoop& loop, sts::ClientSettings settings,
                                               sts::ClientHandler& handler) {
    return std::make_unique<ConnectedService>(loop, std::move(settings), handler);
}

}  // namespace tidegate::worker
