// One RTSP connection of the router, and the RTSP session on it. Its client describes, reads or
// publishes a stream over TCP. The object is a local variable of its coroutine, and stays on one
// event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "log/log.hpp"
#include "net/connection.hpp"
#include "net/link.hpp"
#include "router/hooks/path_hooks.hpp"
#include "router/rtsp/items.hpp"
#include "router/rtsp/publisher.hpp"
#include "router/rtsp/reader.hpp"
#include "router/session/admission.hpp"
#include "router/session/services.hpp"
#include "rtsp/core/server_session.hpp"

namespace tidegate::router {

// A client that sends nothing for this long is gone: players send keep-alives or receiver reports
// more often.
inline constexpr std::chrono::seconds kRtspIdleTimeout{60};

class RtspSession final : net::Connection, rtsp::ServerSink, Applicant {
public:
    static boost::asio::awaitable<void> run(net::Link link, net::EventLoop& loop,
                                            Services& services, RtspItems& items);

private:
    RtspSession(net::Link link, net::EventLoop& loop, Services& services, RtspItems& items);
    ~RtspSession() override;

    // net::Connection
    Turn on_bytes(base::ByteView bytes) override;
    boost::asio::awaitable<void> before_next_read() override;
    void on_watch(net::LoopClock::time_point now) override;

    // rtsp::ServerSink
    void on_event(rtsp::ServerEvent&& event) override { event_ = std::move(event); }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override;
    void on_caption(rtsp::Caption&& caption) override;

    // One per request that needs a decision (rtsp_requests.cpp).
    boost::asio::awaitable<void> handle(rtsp::Describe const& request);
    boost::asio::awaitable<void> handle(rtsp::Attach const& request);
    boost::asio::awaitable<void> handle(rtsp::Announce const& request);
    boost::asio::awaitable<void> handle(rtsp::Play const&);
    boost::asio::awaitable<void> handle(rtsp::Pause const&);
    boost::asio::awaitable<void> handle(rtsp::Record const&);
    boost::asio::awaitable<void> handle(rtsp::Teardown const&);
    boost::asio::awaitable<void> handle(rtsp::KeepAlive const&);

    // Applicant
    boost::asio::awaitable<bool> wait(std::chrono::milliseconds duration) override {
        return pause(duration);
    }
    std::function<void()> wake() const override { return waker(); }
    void on_held(bool held) override;

    // Nothing when the client has been refused. id: of the connection or the session to be, as the
    // authentication server is told.
    boost::asio::awaitable<std::optional<Admitted>> admit(AuthAction action,
                                                          rtsp::Target const& target,
                                                          std::string const& id);
    AdmissionRequest admission_request(AuthAction action, rtsp::Target const& target,
                                       std::string const& id) const;
    void answer(Refusal const& refusal);

    void log_what_is_not_carried(rtsp::SessionDescription const& description) const;
    void open_session(std::string id, rtsp::Target const& target);
    void end_session(std::string const& reason);
    void show_state(ConnState state);
    void on_rtcp(std::uint16_t track, base::ByteView packet);
    void send_output();
    void watch_unfinished_request();
    void update_counters();
    void log_conn(log::Level level, std::string_view event, std::string const& message) const;
    void log_session(log::Level level, std::string_view event, std::string const& message) const;
    std::string conn_prefix() const {
        return (is_secure() ? "[RTSPS] [conn " : "[RTSP] [conn ") + remote_address() + "]";
    }
    PeerId peer() const { return {is_secure() ? "rtspsSession" : "rtspSession", session_->id()}; }
    std::string session_prefix() const;

    Services& services_;
    Admission admission_;
    RtspItems& items_;
    ConfPtr conf_;
    std::shared_ptr<RtspConnRecord> conn_;
    std::optional<ConnectionHooks> hooks_;
    rtsp::ServerSession core_;
    std::optional<rtsp::ServerEvent> event_;   // at most one waits
    std::optional<std::uint64_t> unfinished_;  // number of the request that has a deadline

    // Of the session, while there is one.
    std::shared_ptr<RtspSessionRecord> session_;
    std::string path_, query_;
    net::LoopPtr<RtspReader> reader_;
    std::optional<RtspPublisher> publisher_;
    bool publishes_as_own_program_ = false;  // session/own_program.hpp
    std::weak_ptr<Stream> described_;        // by the last DESCRIBE
    std::uint32_t described_version_ = 0;    // its description_version() then
};

}  // namespace tidegate::router
