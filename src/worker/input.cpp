#include "worker/input.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/uuid.hpp"
#include "net/connect.hpp"

namespace tidegate::worker {

namespace asio = boost::asio;

namespace {

std::chrono::nanoseconds unix_now() {
    return std::chrono::system_clock::now().time_since_epoch();
}

}  // namespace

Input::Input(net::EventLoop& loop, rtsp::Url url, UnitSink& sink, Statistics& statistics,
             Events events, InputTimes times)
    : loop_(loop),
      url_(std::move(url)),
      sink_(sink),
      statistics_(statistics),
      events_(std::move(events)),
      times_(std::move(times)),
      reconnection_(times_.reconnect_delays),
      timer_(loop.io()) {
    loop_.watch(*this);
}

Input::~Input() {
    loop_.unwatch(*this);
}

asio::awaitable<Input::End> Input::run() {
    while (true) {
        media_flowed_ = false;
        co_await connect_once();
        if (stopping_) co_return End::stopped;
        if (final_) co_return *final_;
        events_.lost(last_error_);
        auto const attempt = reconnection_.next(media_flowed_);
        if (!attempt) break;
        ++statistics_.reconnections;
        events_.reconnecting(attempt->number, attempt->delay);
        if (!co_await wait(attempt->delay)) co_return End::stopped;
    }
    co_return played_ ? End::source_ended : End::never_available;
}

asio::awaitable<void> Input::connect_once() {
    auto socket = co_await net::connect(url_.host, url_.port, times_.connect);
    if (!socket) {
        last_error_ = socket.error();
        co_return;
    }
    if (stopping_) co_return;
    rtsp::ClientSettings settings;
    settings.url = url_;
    settings.user_agent = "tidegate stream-worker";
    settings.new_cnonce = base::random_uuid;
    rtsp::ClientTimeouts timeouts;
    timeouts.silence = times_.silence;
    client_.emplace(std::move(*socket), loop_, std::move(settings), timeouts,
                    static_cast<rtsp::ClientHandler&>(*this));
    auto const end = co_await client_->run();
    last_error_ = end.reason;
    client_.reset();
    if (receiver_) packets_lost_before_ += receiver_->packets_lost();
    receiver_.reset();
}

asio::awaitable<bool> Input::wait(std::chrono::milliseconds delay) {
    timer_.expires_after(delay);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return !stopping_;
}

void Input::stop() {
    stopping_ = true;
    timer_.cancel();
    if (client_) client_->stop();
}

bool Input::same_codecs(media::Tracks const& tracks) const {
    return std::ranges::equal(tracks, tracks_, {}, &media::Track::codec, &media::Track::codec);
}

void Input::on_streaming(std::vector<rtsp::ClientTrack> const& tracks) {
    receiver_.emplace(tracks, epoch_);
    last_media_ = loop_.now();
    auto const current = receiver_->tracks();
    if (played_ && !same_codecs(current)) {
        final_ = End::tracks_changed;
        return client_->stop();
    }
    bool const changed = current != tracks_;
    played_ = true;
    tracks_ = current;
    events_.playing(url_);
    if (changed) sink_.on_tracks(tracks_);
}

void Input::on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) {
    if (!receiver_ || final_) return;
    if (rtcp) {
        receiver_->on_rtcp(track, packet, unix_now(), units_);
    } else if (receiver_->aligned()) {
        receiver_->on_aligned_rtp(track, packet, units_);
    } else {
        receiver_->on_rtp(track, packet, unix_now(), units_);
    }
    hand_on();
}

void Input::check(net::LoopClock::time_point now) {
    if (!receiver_ || final_) return;
    receiver_->on_time(unix_now(), units_);
    update_lost_packets();
    hand_on();
    events_.read_end();
    if (now - last_media_ > times_.silence) {
        client_->abandon("no media for " + std::to_string(times_.silence.count()) + " ms");
    }
}

void Input::update_lost_packets() {
    statistics_.packets_lost = packets_lost_before_ + receiver_->packets_lost();
}

void Input::hand_on() {
    if (units_.empty()) return;
    if (receiver_->config_changed()) {
        tracks_ = receiver_->tracks();
        sink_.on_tracks(tracks_);
    }
    media_flowed_ = true;
    last_media_ = loop_.now();
    for (auto& unit : units_) {
        auto const mapped = timeline_.map(unit.track, unit.dts, unit.pts);
        unit.dts = mapped.dts;
        unit.pts = mapped.pts;
        statistics_.count_in(unit, last_media_);
        sink_.on_unit(unit);
    }
    units_.clear();
}

}  // namespace tidegate::worker
