#include "rtmp/io/client.hpp"

#include <utility>

#include "base/random.hpp"
#include "media/limits.hpp"

namespace tidegate::rtmp {

namespace asio = boost::asio;

namespace {

// How much media waits for a server that does not read. That is some seconds; then the caller drops
// units.
constexpr net::WriteQueueLimits kWriteLimits{1024, media::kMaxQueued};

}  // namespace

Client::Client(net::Link link, net::EventLoop& loop, ClientUrl url, ClientMode mode,
               ClientTimeouts timeouts, ClientHandler& handler, std::string program)
    : Connection(std::move(link), loop, kWriteLimits),
      core_(std::move(url), mode, base::random_bits(), {}, kOutgoingChunkSize, std::move(program)),
      mode_(mode),
      timeouts_(timeouts),
      handler_(handler) {
    set_write_timeout(timeouts_.write);
}

asio::awaitable<ClientEnd> Client::run() {
    set_deadline(net::LoopClock::now() + timeouts_.dialogue);
    send_output();
    auto end = co_await serve();
    if (!stopped_ && core_.asking() && net::ended_by_peer(end.cause)) {
        // MediaMTX and many other servers refuse a stream in this way.
        end_.refused = true;
        end.text = "the server closed the connection instead of accepting the stream: " + end.text;
    }
    if (end_.reason.empty()) end_.reason = std::move(end.text);
    co_return end_;
}

void Client::stop() {
    stopped_ = true;
    if (closing()) return;
    core_.finish();
    send_output();
    close_after_writes("stopped");
}

void Client::abandon(std::string reason) {
    stopped_ = true;
    if (closing()) return;
    core_.finish();
    send_output();
    close(std::move(reason));
}

net::Connection::Turn Client::on_bytes(base::ByteView bytes) {
    auto const result = core_.feed(bytes, *this);
    send_output();
    if (!result) close(result.error().text);
    handler_.on_read_end();
    return Turn::read_on;
}

void Client::send_output() {
    auto& output = core_.output();
    if (output.empty()) return;
    writes().push_reply(base::SharedBytes::copy_of(output));
    output.clear();
    writes().flush();
}

void Client::on_watch(net::LoopClock::time_point now) {
    if (!end_.accepted || mode_ != ClientMode::publish) return;
    if (writes().bytes_sent() != bytes_sent_ || !writes().empty()) {
        bytes_sent_ = writes().bytes_sent();
        last_sent_ = now;
    } else if (now - last_sent_ >= timeouts_.keep_alive) {
        core_.keep_alive();
        send_output();
    }
}

void Client::on_accepted() {
    end_.accepted = true;
    set_deadline(std::nullopt);
    handler_.on_accepted();
}

void Client::on_rejected(std::string&& code, std::string&& description) {
    end_.refused = true;
    end_.reason = code + ": " + description;
    end_.code = std::move(code);
    end_.description = std::move(description);
    close(end_.reason);
}

}  // namespace tidegate::rtmp
