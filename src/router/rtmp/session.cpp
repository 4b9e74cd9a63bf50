#include "router/rtmp/session.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>

#include "base/limits.hpp"
#include "base/memory_pressure.hpp"
#include "base/random.hpp"
#include "http/masked_query.hpp"
#include "media/limits.hpp"
#include "router/session/own_program.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

// A client that has ended its stream closes its connection at once; one that does not is closed
// then.
constexpr std::chrono::seconds kAfterStreamClosed{5};

std::shared_ptr<RtmpConnRecord> make_record(std::string const& remote,
                                            net::Connection::Closer close) {
    RtmpConnInfo info;
    info.id = base::random_uuid();
    info.created = std::chrono::system_clock::now();
    info.remote_address = remote;
    return std::make_shared<RtmpConnRecord>(std::move(info), std::move(close));
}

}  // namespace

asio::awaitable<void> RtmpSession::run(net::Link link, net::EventLoop& loop, Services& services,
                                       RtmpConns& conns) {
    co_await asio::this_coro::throw_if_cancelled(false);
    RtmpSession session(std::move(link), loop, services, conns);
    auto const end = co_await session.serve();
    session.publisher_.reset();
    session.reader_.reset();
    session.log_line(log::Level::info, "rtmp.closed", "closed: " + end.text);
}

RtmpSession::RtmpSession(net::Link link, net::EventLoop& loop, Services& services, RtmpConns& conns)
    : Connection(std::move(link), loop,
                 {services.config.get()->global.write_queue_size, media::kMaxQueued}),
      services_(services),
      admission_(services.paths, services.auth, *this),
      conns_(conns),
      conf_(services.config.get()),
      core_(base::random_bits()),
      record_(make_record(remote_address(), closer())) {
    conns_.add(record_);
    // One deadline covers handshake, commands, authentication and analysis.
    set_deadline(net::LoopClock::now() + conf_->global.read_timeout);
    set_write_timeout(conf_->global.write_timeout);
    writes().set_reply_limit(base::kMaxEarlyBytes);
    log_line(log::Level::info, "rtmp.opened", "opened");
    hooks_.emplace(services.hooks, conf_->global, prefix(), peer());
}

RtmpSession::~RtmpSession() {
    conns_.remove(record_->id());
}

void RtmpSession::log_line(log::Level level, std::string_view event,
                           std::string const& message) const {
    log::write(level, event, prefix() + " " + message);
}

void RtmpSession::before_bytes() const {
    if (!publisher_) return;
    publisher_->prefetch();
    core_.prefetch();
}

net::Connection::Turn RtmpSession::on_bytes(base::ByteView bytes) {
    record_->inbound_bytes.store(bytes_received(), std::memory_order_relaxed);
    auto const result = core_.feed(bytes, *this);
    send_output();
    if (!result) fail(result.error().text);
    return request_.index() == 0 ? Turn::read_on : Turn::wait;
}

void RtmpSession::send_output() {
    auto& output = core_.output();
    if (output.empty()) return;
    writes().push_reply(base::SharedBytes::copy_of(output));
    output.clear();
    writes().flush();
    record_->outbound_bytes.store(writes().bytes_sent(), std::memory_order_relaxed);
}

void RtmpSession::on_publish(rtmp::PublishRequest&& request) {
    Publisher publisher{peer(), request.query, prefix(), closer()};
    publisher.own_program = is_own_program(request.user_agent);
    publisher_.emplace(services_.paths, request.path, std::move(publisher));
    request_ = std::move(request);
    begin_request();
}

void RtmpSession::on_play(rtmp::PlayRequest&& request) {
    request_ = std::move(request);
    begin_request();
}

// The first stream has what is left of the connection's one deadline. A later one has its own, for
// the client has been let in before.
void RtmpSession::begin_request() {
    if (had_stream_) set_deadline(net::LoopClock::now() + conf_->global.read_timeout);
}

void RtmpSession::on_media(rtmp::MediaMessage&& message) {
    if (!publisher_ || closing()) return;
    bool const was_publishing = publisher_->publishing();
    auto const result = publisher_->on_media(std::move(message));
    if (was_publishing && result) return;
    after_probing(result);
}

void RtmpSession::after_probing(RtmpPublisher::Result const& result) {
    if (!result) return refuse("NetStream.Publish.Failed", result.error());
    if (publisher_->publishing()) on_publishing();
}

void RtmpSession::on_metadata(rtmp::Metadata&& metadata) {
    if (publisher_) publisher_->on_metadata(metadata);
}

void RtmpSession::on_caption(media::Caption&& caption) {
    if (publisher_) publisher_->on_caption(std::move(caption));
}

// The publication or the playback ends now; the socket is the client's to close, for GStreamer
// takes a close of ours as an error.
void RtmpSession::on_stream_closed() {
    publisher_.reset();
    reader_.reset();
    request_ = {};
    if (!std::exchange(allowed_, false)) return;  // the first deadline holds on
    had_stream_ = true;
    set_read_timeout(std::nullopt);
    set_deadline(net::LoopClock::now() + kAfterStreamClosed);
    record_->change([](RtmpConnInfo& info) { info.state = ConnState::idle; });
}

void RtmpSession::on_publishing() {
    set_deadline(std::nullopt);
    set_read_timeout(conf_->global.read_timeout);
    record_->change([&](RtmpConnInfo& info) { info.state = ConnState::publish; });
}

asio::awaitable<void> RtmpSession::before_next_read() {
    auto const request = std::exchange(request_, {});
    if (auto const* publish = std::get_if<rtmp::PublishRequest>(&request)) {
        co_await start_publishing(*publish);
    } else if (auto const* play = std::get_if<rtmp::PlayRequest>(&request)) {
        co_await start_playing(*play);
    }
    send_output();
}

Admission::Answer<Admitted> RtmpSession::admit(AuthAction action,
                                               rtmp::StreamRequest const& request) {
    auto admitted = co_await admission_.admit({.auth = {.action = action,
                                                        .path = request.path,
                                                        .query = request.query,
                                                        .user = request.remote_user,
                                                        .password = request.remote_password,
                                                        .token = request.token,
                                                        .ip = remote_ip(),
                                                        .protocol = "rtmp",
                                                        .id = record_->id(),
                                                        .user_agent = request.user_agent},
                                               .log_prefix = prefix()});
    if (admitted) writes().set_reply_limit(net::kMaxReplyBytes);
    co_return admitted;
}

void RtmpSession::on_held(bool held) {
    if (held) set_deadline(std::nullopt);
}

asio::awaitable<void> RtmpSession::start_publishing(rtmp::PublishRequest request) {
    auto const admitted = co_await admit(AuthAction::publish, request);
    if (!admitted) co_return refuse_publishing(admitted.error());
    allowed_ = true;
    core_.accept_publish();
    show_request(request);
    if (auto const result = publisher_->accept(admitted->match); !result) {
        co_return refuse("NetStream.Publish.BadName", result.error());
    }
    if (publisher_->publishing()) on_publishing();
}

void RtmpSession::refuse_publishing(Refusal const& refusal) {
    if (refusal.reason == RefusalReason::closing) return;
    bool const wrong = refusal.reason == RefusalReason::credentials_wrong;
    refuse(wrong ? "NetStream.Publish.Unauthorized" : "NetStream.Publish.BadName", refusal.message);
}

asio::awaitable<void> RtmpSession::start_playing(rtmp::PlayRequest request) {
    auto admitted = co_await admit(AuthAction::read, request);
    if (!admitted) co_return refuse_playing(admitted.error());
    auto seat = co_await admission_.read(std::move(*admitted), peer(), WireForm::rtmp_message);
    if (!seat) co_return refuse_playing(seat.error());
    play(request, std::move(*seat));
}

void RtmpSession::refuse_playing(Refusal const& refusal) {
    using enum RefusalReason;
    if (refusal.reason == closing) return;
    bool const failed = refusal.reason == credentials_wrong || refusal.reason == too_many_readers;
    refuse(failed ? "NetStream.Play.Failed" : "NetStream.Play.StreamNotFound", refusal.message);
}

void RtmpSession::play(rtmp::PlayRequest const& request, ReaderSeat seat) {
    auto const stream = seat.stream();
    auto const tracks = stream->tracks();
    auto const playable = rtmp::playable_tracks(*tracks, request.abilities);
    warn_of_skipped(*tracks, playable);
    if (playable.empty()) {
        return refuse("NetStream.Play.Failed", "the stream has no track that this client supports");
    }
    reader_ = loop().memory().make<RtmpReader>(
        RtmpReader::Session{record_, writes(), loop().index(),
                            [this] { close_after_writes("terminated"); }},
        std::move(seat), playable);
    media::Tracks chosen;
    // As they are now: from here on the reader hears of changes.
    auto const now = stream->tracks();
    for (auto const index : playable) chosen.push_back((*now)[index]);
    allowed_ = true;
    core_.accept_play(*tracks, stream->metadata(), playable);
    send_output();
    if (wants_cached_pictures(request.user_agent)) reader_->begin_with_cache();

    set_deadline(std::nullopt);
    show_request(request);
    record_->change([&](RtmpConnInfo& info) { info.state = ConnState::read; });
    log_line(log::Level::info, "rtmp.reading",
             "is reading from path '" + request.path + "', " + describe_tracks(chosen));
    reader_->seat().start_reading(prefix());
}

void RtmpSession::warn_of_skipped(media::Tracks const& tracks,
                                  std::vector<std::size_t> const& playable) const {
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        if (std::ranges::find(playable, i) != playable.end()) continue;
        log_line(log::Level::warn, "rtmp.track_skipped",
                 "skipping track " + std::to_string(i + 1) + " (" + std::string(tracks[i].label()) +
                     ")");
    }
}

void RtmpSession::show_request(rtmp::StreamRequest const& request) {
    record_->change([&](RtmpConnInfo& info) {
        info.path = request.path;
        info.query = http::masked_query(request.query);
        info.user = request.remote_user;
        info.user_agent = request.user_agent;
    });
}

void RtmpSession::refuse(std::string_view code, std::string const& reason) {
    core_.reject(code, reason);
    fail(reason);
}

void RtmpSession::fail(std::string reason) {
    send_output();
    close_after_writes(std::move(reason));
}

void RtmpSession::on_watch(net::LoopClock::time_point now) {
    bool const holds_much = core_.unfinished_bytes() > base::kMaxPeerBytesWhenShort;
    if (base::memory_is_short() && holds_much && !closing()) {
        refuse("NetStream.Publish.Failed", "the server has no memory for large messages");
    }
    if (publisher_ && !publisher_->publishing() && !closing()) {
        after_probing(publisher_->on_time());
    }
    if (!reader_) return;
    reader_->show_bytes();
    for (auto const& line : reader_->look(now)) log_line(line.level, line.event, line.text);
}

}  // namespace tidegate::router
