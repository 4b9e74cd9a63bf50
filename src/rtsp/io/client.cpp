#include "rtsp/io/client.hpp"

#include <utility>

#include "media/limits.hpp"

namespace tidegate::rtsp {

namespace asio = boost::asio;

namespace {

// What we send: requests when reading, media when publishing (bounded like a router's reader).
constexpr net::WriteQueueLimits kWriteLimits{4096, media::kMaxQueued};

// A server that does not answer TEARDOWN is left without an answer.
constexpr std::chrono::milliseconds kTeardownTime{300};

}  // namespace

Client::Client(net::Link link, net::EventLoop& loop, ClientSettings settings,
               ClientTimeouts timeouts, ClientHandler& handler)
    : Connection(std::move(link), loop, kWriteLimits),
      publishes_(!settings.publish.empty()),
      core_(std::move(settings)),
      timeouts_(timeouts),
      handler_(handler) {
    set_write_timeout(timeouts_.write);
}

asio::awaitable<ClientEnd> Client::run() {
    set_deadline(net::LoopClock::now() + timeouts_.dialogue);
    core_.start();
    send_output();
    auto end = co_await serve();
    if (!stopped_ && !end_.streaming && net::ended_by_peer(end.cause)) {
        end_.refused = true;
        end.text = "the server closed the connection instead of an answer: " + end.text;
    }
    if (end_.reason.empty()) end_.reason = std::move(end.text);
    co_return end_;
}

void Client::stop() {
    stopped_ = true;
    if (closing()) return;
    if (core_.state() != ClientState::streaming) return close("stopped");
    bool const all_sent = writes().empty();
    core_.teardown();
    send_output();
    set_deadline(net::LoopClock::now() + (all_sent ? kTeardownTime : net::kDrainTime));
}

void Client::abandon(std::string reason) {
    stopped_ = true;
    if (closing()) return;
    core_.teardown();
    send_output();
    close(std::move(reason));
}

bool Client::tell(Caption const& caption) {
    if (closing() || !core_.tell(caption)) return false;
    auto const output = core_.take_output();
    writes().push_reply(base::SharedBytes::copy_of(output));
    return true;
}

net::Connection::Turn Client::on_bytes(base::ByteView bytes) {
    core_.feed(bytes, *this);
    send_output();
    handler_.on_read_end();
    return Turn::read_on;
}

void Client::send_output() {
    auto const output = core_.take_output();
    if (output.empty()) return;
    writes().push_reply(base::SharedBytes::copy_of(output));
    writes().flush();
}

void Client::on_event(ClientEvent&& event) {
    if (auto const* playing = std::get_if<Playing>(&event)) {
        begin_streaming(playing->tracks);
        set_read_timeout(timeouts_.silence);
    } else if (auto const* recording = std::get_if<Recording>(&event)) {
        begin_streaming(recording->tracks);
    } else if (auto* const failed = std::get_if<Failed>(&event)) {
        end_.status = failed->status;
        end_.refused = failed->status != 0 && !end_.streaming;
        close(std::move(failed->reason));
    } else if (std::holds_alternative<TornDown>(event)) {
        close("torn down");
    }
}

void Client::begin_streaming(std::vector<ClientTrack> const& tracks) {
    end_.streaming = true;
    set_deadline(std::nullopt);
    next_keep_alive_ = net::LoopClock::now() + core_.keep_alive_interval();
    handler_.on_streaming(tracks);
}

void Client::on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) {
    handler_.on_packet(track, rtcp, packet);
}

void Client::on_watch(net::LoopClock::time_point now) {
    if (!next_keep_alive_ || !keep_alive_due(now)) return;
    next_keep_alive_ = now + core_.keep_alive_interval();
    core_.keep_alive();
    send_output();
}

bool Client::keep_alive_due(net::LoopClock::time_point now) {
    if (now >= *next_keep_alive_) return true;
    if (!publishes_) return false;
    if (writes().bytes_sent() == bytes_sent_ && writes().empty()) {
        return now - last_sent_ >= timeouts_.idle;
    }
    bytes_sent_ = writes().bytes_sent();
    last_sent_ = now;
    return false;
}

}  // namespace tidegate::rtsp
