// One RTMP connection of the router, from the handshake until either side closes it. In between the
// client publishes or plays. The session is a local variable of its coroutine, and stays on one
// event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "log/log.hpp"
#include "net/connection.hpp"
#include "net/link.hpp"
#include "router/hooks/path_hooks.hpp"
#include "router/rtmp/conns.hpp"
#include "router/rtmp/publisher.hpp"
#include "router/rtmp/reader.hpp"
#include "router/session/admission.hpp"
#include "router/session/services.hpp"
#include "rtmp/core/server_session.hpp"

namespace tidegate::router {

class RtmpSession final : net::Connection, rtmp::ServerSink, Applicant {
public:
    static boost::asio::awaitable<void> run(net::Link link, net::EventLoop& loop,
                                            Services& services, RtmpConns& conns);

private:
    RtmpSession(net::Link link, net::EventLoop& loop, Services& services, RtmpConns& conns);
    ~RtmpSession() override;

    // net::Connection
    void before_bytes() const override;  // media only
    Turn on_bytes(base::ByteView bytes) override;
    boost::asio::awaitable<void> before_next_read() override;
    void on_watch(net::LoopClock::time_point now) override;

    // rtmp::ServerSink
    void on_publish(rtmp::PublishRequest&& request) override;
    void on_play(rtmp::PlayRequest&& request) override;
    void on_media(rtmp::MediaMessage&& message) override;
    void on_metadata(rtmp::Metadata&& metadata) override;
    void on_caption(media::Caption&& caption) override;
    void on_stream_closed() override;

    boost::asio::awaitable<void> start_publishing(rtmp::PublishRequest request);
    boost::asio::awaitable<void> start_playing(rtmp::PlayRequest request);
    // Applicant
    boost::asio::awaitable<bool> wait(std::chrono::milliseconds duration) override {
        return pause(duration);
    }
    std::function<void()> wake() const override { return waker(); }
    void on_held(bool held) override;

    Admission::Answer<Admitted> admit(AuthAction action, rtmp::StreamRequest const& request);
    void begin_request();
    void after_probing(RtmpPublisher::Result const& result);
    void on_publishing();
    void play(rtmp::PlayRequest const& request, ReaderSeat seat);
    void warn_of_skipped(media::Tracks const& tracks,
                         std::vector<std::size_t> const& playable) const;
    void show_request(rtmp::StreamRequest const& request);
    void refuse(std::string_view code, std::string const& reason);
    void refuse_publishing(Refusal const& refusal);
    void refuse_playing(Refusal const& refusal);
    void fail(std::string reason);
    void send_output();
    void log_line(log::Level level, std::string_view event, std::string const& message) const;
    std::string prefix() const {
        return (is_secure() ? "[RTMPS] [conn " : "[RTMP] [conn ") + remote_address() + "]";
    }
    PeerId peer() const { return {is_secure() ? "rtmpsConn" : "rtmpConn", record_->id()}; }

    Services& services_;
    Admission admission_;
    RtmpConns& conns_;
    ConfPtr conf_;
    rtmp::ServerSession core_;
    std::shared_ptr<RtmpConnRecord> record_;
    std::optional<ConnectionHooks> hooks_;

    std::variant<std::monostate, rtmp::PublishRequest, rtmp::PlayRequest> request_;
    bool allowed_ = false;                    // the stream that is asked for or runs
    bool had_stream_ = false;                 // an earlier one was allowed and has ended
    std::optional<RtmpPublisher> publisher_;  // from the publish command on: keeps early media
    net::LoopPtr<RtmpReader> reader_;
};

}  // namespace tidegate::router
