#include "router/rtsp/session.hpp"

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>

#include "base/limits.hpp"
#include "base/memory_pressure.hpp"
#include "base/random.hpp"
#include "http/masked_query.hpp"
#include "media/limits.hpp"
#include "rtp/rtcp.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

std::shared_ptr<RtspConnRecord> make_conn(std::string const& remote,
                                          net::Connection::Closer close) {
    RtspConnInfo info;
    info.id = base::random_uuid();
    info.created = std::chrono::system_clock::now();
    info.remote_address = remote;
    return std::make_shared<RtspConnRecord>(std::move(info), std::move(close));
}

rtsp::ServerSettings core_settings(config::mediamtx::Global const& global) {
    rtsp::ServerSettings settings{.new_session_id = base::random_hex_id, .challenges = {}};
    for (auto const method : global.rtsp_auth_methods) {
        rtsp::Challenge challenge;
        challenge.realm = "ipcam";
        if (method == config::mediamtx::RtspAuthMethod::digest) {
            challenge.scheme = rtsp::Scheme::digest;
            challenge.nonce = base::random_hex_id();
        }
        settings.challenges.push_back(std::move(challenge));
    }
    return settings;
}

}  // namespace

asio::awaitable<void> RtspSession::run(net::Link link, net::EventLoop& loop, Services& services,
                                       RtspItems& items) {
    co_await asio::this_coro::throw_if_cancelled(false);
    RtspSession self(std::move(link), loop, services, items);
    auto const end = co_await self.serve();
    // MediaMTX's words: a connection that is lost leaves its session unused, a session that cannot
    // be written to terminates its connection.
    bool const stuck = self.session_ != nullptr && net::ended_writing(end.cause);
    self.end_session(net::ended_reading(end.cause) ? "not in use" : end.text);
    self.log_conn(log::Level::info, "rtsp.closed", "closed: " + (stuck ? "terminated" : end.text));
}

RtspSession::RtspSession(net::Link link, net::EventLoop& loop, Services& services, RtspItems& items)
    : Connection(std::move(link), loop,
                 {services.config.get()->global.write_queue_size, media::kMaxQueued}),
      services_(services),
      admission_(services.paths, services.auth, *this),
      items_(items),
      conf_(services.config.get()),
      conn_(make_conn(remote_address(), closer())),
      core_(core_settings(conf_->global)) {
    items_.conns.add(conn_);
    writes().set_reply_limit(base::kMaxEarlyBytes);
    set_read_timeout(kRtspIdleTimeout);
    set_write_timeout(conf_->global.write_timeout);
    log_conn(log::Level::info, "rtsp.opened", "opened");
    hooks_.emplace(services.hooks, conf_->global, conn_prefix(),
                   PeerId{is_secure() ? "rtspsConn" : "rtspConn", conn_->id()});
}

RtspSession::~RtspSession() {
    items_.conns.remove(conn_->id());
}

void RtspSession::log_conn(log::Level level, std::string_view event,
                           std::string const& message) const {
    log::write(level, event, conn_prefix() + " " + message);
}

void RtspSession::log_session(log::Level level, std::string_view event,
                              std::string const& message) const {
    log::write(level, event, session_prefix() + " " + message);
}

std::string RtspSession::session_prefix() const {
    return (is_secure() ? "[RTSPS] [session " : "[RTSP] [session ") + session_->id().substr(0, 8) +
           "]";
}

net::Connection::Turn RtspSession::on_bytes(base::ByteView bytes) {
    core_.feed(bytes, *this);
    send_output();
    update_counters();
    watch_unfinished_request();
    if (core_.closing()) close_after_writes(core_.reason());
    return event_ ? Turn::wait : Turn::read_on;
}

// A request is whole within readTimeout, however its bytes drip in.
void RtspSession::watch_unfinished_request() {
    if (!core_.mid_request()) {
        if (unfinished_) set_deadline(std::nullopt);
        unfinished_.reset();
    } else if (unfinished_ != core_.requests()) {
        unfinished_ = core_.requests();
        set_deadline(net::LoopClock::now() + conf_->global.read_timeout);
    }
}

// Requests that the client pipelined behind the answered one come out of feed({}) one by one.
asio::awaitable<void> RtspSession::before_next_read() {
    while (event_ && !closing()) {
        auto const event = *std::exchange(event_, std::nullopt);
        co_await std::visit([this](auto const& request) { return handle(request); }, event);
        send_output();
        if (core_.closing()) close_after_writes(core_.reason());
        if (!closing() && !core_.waiting()) core_.feed({}, *this);
    }
    send_output();
}

void RtspSession::send_output() {
    auto const output = core_.take_output();
    if (output.empty()) return;
    writes().push_reply(base::SharedBytes::copy_of(output));
    writes().flush();
}

void RtspSession::update_counters() {
    conn_->inbound_bytes.store(bytes_received(), std::memory_order_relaxed);
    conn_->outbound_bytes.store(writes().bytes_sent(), std::memory_order_relaxed);
}

void RtspSession::on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) {
    if (session_ == nullptr) return;
    if (rtcp) {
        on_rtcp(track, packet);
    } else if (publisher_) {
        publisher_->on_rtp(track, packet, net::LoopClock::now().time_since_epoch());
    }
    session_->inbound_bytes.fetch_add(packet.size(), std::memory_order_relaxed);
}

void RtspSession::on_caption(rtsp::Caption&& caption) {
    if (publisher_) publisher_->on_caption(std::move(caption));
}

// A publisher's sender reports align its tracks, a reader's receiver reports are shown.
void RtspSession::on_rtcp(std::uint16_t track, base::ByteView packet) {
    auto const reports = rtp::parse_rtcp(packet);
    if (!reports) {
        session_->inbound_rtcp_packets_in_error.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    session_->inbound_rtcp_packets.fetch_add(1, std::memory_order_relaxed);
    if (publisher_) {
        publisher_->on_rtcp(track, *reports, net::LoopClock::now().time_since_epoch());
    }
    if (!reader_) return;
    for (auto const& report : *reports) {
        auto const* const received = std::get_if<rtp::ReceiverReport>(&report);
        if (received == nullptr) continue;
        for (auto const& block : received->blocks) reader_->on_report(track, block);
    }
    session_->change([&](RtspSessionInfo& info) {
        info.outbound_rtp_packets_reported_lost = reader_->reported_lost();
    });
}

void RtspSession::on_watch(net::LoopClock::time_point now) {
    update_counters();
    if (publisher_) {
        publisher_->on_time(now.time_since_epoch());
        if (base::memory_is_short() &&
            publisher_->unfinished_bytes() > base::kMaxPeerBytesWhenShort) {
            close("the server has no memory for large pictures");
        }
        session_->change([&](RtspSessionInfo& info) {
            info.inbound_rtp_packets = publisher_->packets();
            info.inbound_rtp_packets_lost = publisher_->packets_lost();
            info.inbound_rtp_packets_in_error = publisher_->packets_in_error();
            info.inbound_rtp_packets_jitter = publisher_->jitter();
        });
    }
    if (!reader_) return;
    reader_->show_counters();
    for (auto const& line : reader_->look(now)) log_session(line.level, line.event, line.text);
}

void RtspSession::open_session(std::string id, rtsp::Target const& target) {
    RtspSessionInfo info;
    info.id = std::move(id);
    info.created = std::chrono::system_clock::now();
    info.remote_address = remote_address();
    info.path = target.path;
    info.query = http::masked_query(target.query);
    info.user = target.authorization ? target.authorization->user : "";
    info.user_agent = target.user_agent;
    info.conns = {conn_->id()};
    session_ = std::make_shared<RtspSessionRecord>(std::move(info), closer());
    path_ = target.path;
    query_ = target.query;
    items_.sessions.add(session_);
    conn_->change([&](RtspConnInfo& conn) { conn.session = session_->id(); });
    log_session(log::Level::info, "rtsp.session_created", "created by " + remote_address());
}

void RtspSession::end_session(std::string const& reason) {
    if (session_ == nullptr) return;
    reader_.reset();
    publisher_.reset();
    items_.sessions.remove(session_->id());
    conn_->change([](RtspConnInfo& conn) { conn.session.reset(); });
    log_session(log::Level::info, "rtsp.session_destroyed", "destroyed: " + reason);
    session_.reset();
}

void RtspSession::show_state(ConnState state) {
    session_->change([&](RtspSessionInfo& info) {
        info.state = state;
        info.has_transport = true;
    });
}

}  // namespace tidegate::router
