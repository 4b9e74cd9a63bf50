#include "endpoint/input.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace tidegate::endpoint {

namespace asio = boost::asio;

Input::Input(net::EventLoop& loop, SourceUrl url, UnitSink& sink, Statistics& statistics,
             Events events, InputTimes times, std::string program, SourceLost lost,
             std::shared_ptr<net::TlsClientContext const> trust)
    : loop_(loop),
      url_(std::move(url)),
      sink_(sink),
      statistics_(statistics),
      events_(std::move(events)),
      times_(std::move(times)),
      program_(std::move(program)),
      trust_(std::move(trust)),
      reconnection_(times_.reconnect_delays),
      gap_(std::move(lost)),
      timer_(loop.io()),
      fill_timer_(loop.io()) {
    loop_.watch(*this);
}

Input::~Input() {
    *alive_ = false;
    loop_.unwatch(*this);
}

asio::awaitable<Input::End> Input::run() {
    while (true) {
        media_flowed_ = false;
        co_await connect_once();
        if (stopping_) co_return End::stopped;
        if (final_) co_return *final_;
        events_.lost(last_error_);
        if (gap_.enabled() && media_ever_) begin_filling(last_error_);
        auto const delay = next_delay();
        if (!delay) break;
        ++statistics_.reconnections;
        if (!co_await wait(*delay)) co_return End::stopped;
    }
    fill_timer_.cancel();
    co_return played_ ? End::source_ended : End::never_available;
}

// Before the next attempt; nullopt: there is none.
std::optional<std::chrono::milliseconds> Input::next_delay() {
    using std::chrono::milliseconds;
    auto const attempt = reconnection_.next(media_flowed_);
    if (!gap_.filling()) {
        if (!attempt) return std::nullopt;
        events_.reconnecting(attempt->number, attempt->delay);
        return attempt->delay;
    }
    auto const gone = std::chrono::duration_cast<milliseconds>(net::LoopClock::now() - last_unit_);
    if (gone >= gap_.grace()) return std::nullopt;
    auto const delay = attempt ? std::min(attempt->delay, kFilledRetry) : kFilledRetry;
    return std::min(delay, gap_.grace() - gone);
}

asio::awaitable<void> Input::connect_once() {
    auto link = co_await dial(url_, trust_, times_.connect);
    if (!link) {
        last_error_ = link.error();
        co_return;
    }
    if (stopping_) co_return;
    source_ = make_source(std::move(*link), loop_, url_, times_.silence, program_, *this);
    last_error_ = co_await source_->run();
    update_statistics();
    packets_lost_before_ = statistics_.packets_lost;
    source_.reset();
    connection_start_.reset();
    accepted_ = playing_ = false;
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
    fill_timer_.cancel();
    if (source_) source_->stop();
}

bool Input::same_codecs(media::Tracks const& tracks) const {
    return std::ranges::equal(tracks, tracks_, {}, &media::Track::codec, &media::Track::codec);
}

void Input::on_accepted() {
    accepted_ = true;
    last_media_ = loop_.now();
}

void Input::on_tracks(media::Tracks tracks) {
    if (final_) return;
    if (!playing_) {
        if (played_ && !same_codecs(tracks)) {
            final_ = End::tracks_changed;
            return source_->stop();
        }
        playing_ = played_ = true;
        events_.playing();
    }
    if (tracks == tracks_) return;
    tracks_ = std::move(tracks);
    shifts_.resize(tracks_.size());
    gap_.on_tracks(tracks_);
    if (!gap_.problem().empty()) events_.slate_refused(gap_.problem());
    tell_tracks();
}

void Input::tell_tracks() {
    if (told_ == gap_.shown()) return;
    told_ = gap_.shown();
    sink_.on_tracks(told_);
}

// What has to be added to the times of a new connection, so that the output goes on where it would
// be by now. It is the same for all tracks, so that they stay as far apart as they are.
base::Timestamp Input::place(std::vector<media::Unit> const& units) const {
    auto const earliest = std::ranges::min(units, {}, &media::Unit::dts).dts;
    if (!media_ever_) return kOutputLead - earliest;
    return reached(loop_.now()) - earliest;
}

// Where the source would be by then.
base::Timestamp Input::reached(net::LoopClock::time_point now) const {
    auto const gap = std::chrono::duration_cast<base::Timestamp>(now - last_unit_);
    return newest_ + std::max(gap, media::kMinStep);
}

void Input::on_units(std::vector<media::Unit>& units) {
    if (final_) return;
    if (!connection_start_) connection_start_ = place(units);
    media_flowed_ = media_ever_ = true;
    last_media_ = last_unit_ = loop_.now();
    bool const filling = gap_.filling();
    for (auto& unit : units) {
        unit.dts += *connection_start_;
        unit.pts += *connection_start_;
        newest_ = std::max(newest_, unit.dts);
        if (gap_.filling()) {
            if (!gap_.accept(unit)) continue;
            tell_tracks();
        }
        gap_.note(unit);
        hand_on(unit);
    }
    if (filling && !gap_.filling()) {
        fill_timer_.cancel();
        events_.filled();
    }
}

void Input::hand_on(media::Unit& unit) {
    auto const mapped = timeline_.map(unit.track, unit.dts, unit.pts);
    shifts_[unit.track] = mapped.pts - unit.pts;
    unit.dts = mapped.dts;
    unit.pts = mapped.pts;
    if (handing_on_filler_) {
        statistics_.count_filler(unit, net::LoopClock::now());
    } else {
        statistics_.count_in(unit, last_media_);
    }
    sink_.on_unit(unit);
}

// --- while the source is away ---

void Input::begin_filling(std::string const& reason) {
    bool const already = gap_.filling();
    gap_.begin(newest_);
    connection_start_.reset();  // what comes on this connection later continues what was filled in
    if (already) return;
    ++statistics_.gaps;
    events_.filling(reason);
    tell_tracks();
    fill();
}

void Input::fill() {
    std::vector<media::Unit> units;
    gap_.fill(reached(net::LoopClock::now()), units);
    handing_on_filler_ = true;
    for (auto& unit : units) hand_on(unit);
    handing_on_filler_ = false;
    events_.read_end();
    fill_timer_.expires_after(kFillPeriod);
    fill_timer_.async_wait([this, alive = alive_](boost::system::error_code cancelled) {
        if (!cancelled && *alive && gap_.filling() && !stopping_) fill();
    });
}

void Input::check(net::LoopClock::time_point now) {
    if (!source_ || !accepted_ || final_) return;
    source_->on_time(now);
    update_statistics();
    events_.read_end();
    bool const paused = media_ever_ && now - last_unit_ > times_.pause;
    if (paused && gap_.enabled() && !gap_.filling()) begin_filling("the source sends nothing");
    if (now - last_media_ > times_.silence) {
        source_->abandon("no media for " + std::to_string(times_.silence.count()) + " ms");
    }
}

void Input::update_statistics() {
    statistics_.packets_lost = packets_lost_before_ + source_->packets_lost();
    if (!playing_) return;  // this connection has other tracks, or none
    std::array<std::optional<base::Timestamp>, 2> late;  // the first track of each kind
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        auto& own = late[tracks_[i].kind() == media::Kind::video ? 0 : 1];
        if (!own) own = shifts_[i] + source_->sync_error(i);
    }
    if (late[0] && late[1]) statistics_.av_offset = *late[0] - *late[1];
}

}  // namespace tidegate::endpoint
