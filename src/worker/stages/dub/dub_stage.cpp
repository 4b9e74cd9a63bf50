#include "worker/stages/dub/dub_stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "media/aac.hpp"

namespace tidegate::worker {

namespace {

// A sound that has been silent for this long does not hold the output's sound back any more.
constexpr std::chrono::milliseconds kSoundPatience{1000};
constexpr std::size_t kSpareBytes = std::size_t{16} << 20;

std::size_t most_bytes(std::chrono::milliseconds delay) {
    return static_cast<std::size_t>(kMostBitRate / 8 * delay.count() / 1000) + kSpareBytes;
}

sts::ClientSettings client_settings(StageSettings const& run, DubSettings const& dub,
                                    media::AudioFormat format) {
    sts::ClientSettings made;
    made.url = dub.service;
    made.token = dub.token;
    made.ca_file = dub.ca_file;
    auto& stream = made.stream;
    stream.stream_id = run.stream_id;
    stream.worker_id = "worker-" + run.stream_id;
    stream.source_language = dub.source_language;
    stream.target_language = dub.target_language;
    stream.voice_profile = dub.voice;
    stream.chunk_duration = dub.longest();
    stream.sample_rate = format.sample_rate;
    stream.channels = format.channel_count;
    stream.format = dub.format;
    // Later than this even the shortest fragment's place has gone out.
    made.policy.fragment_deadline = std::clamp<std::chrono::milliseconds>(
        dub.delay - dub.shortest(), 500ms, sts::kFragmentDeadline);
    stream.timeout = std::max<std::chrono::milliseconds>(made.policy.fragment_deadline, 1s);
    return made;
}

}  // namespace

DubStage::DubStage(net::EventLoop& loop, std::shared_ptr<StageSettings const> settings,
                   UnitSink& next, DubSettings dub, ServiceFactory const& make_service)
    : Stage(next),
      loop_(loop),
      settings_(std::move(settings)),
      dub_(std::move(dub)),
      make_service_(make_service),
      account_(dub_.target_language, dub_.delay),
      line_(dub_.delay, most_bytes(dub_.delay)),
      tick_timer_(loop.io()),
      release_timer_(loop.io()) {}

DubStage::~DubStage() {
    *alive_ = false;
}

std::chrono::milliseconds DubStage::delay() const {
    return chosen_ && !track_ ? std::chrono::milliseconds{} : dub_.delay;
}

// --- tracks ---

// The first track of sound that can be decoded. All others pass through, later by the delay.
void DubStage::choose_track(media::Tracks const& tracks) {
    chosen_ = true;
    std::string why = "the stream has no sound";
    for (std::size_t i = 0; i < tracks.size() && !track_; ++i) {
        if (tracks[i].kind() != media::Kind::audio) continue;
        auto const decoder = codec::Decoder::open(tracks[i]);
        if (decoder) {
            track_ = static_cast<std::uint16_t>(i);
        } else {
            why = decoder.error();
        }
    }
    if (!track_) {
        account_.on_no_dub("no-sound", why);
        return log(log::Level::warn, "dub.impossible", why + ": it passes through");
    }
    format_ = codec::encodable(tracks[*track_].audio_format());
    service_ = make_service_(loop_, client_settings(*settings_, dub_, format_), *this);
}

media::Tracks DubStage::outgoing(media::Tracks const& tracks) const {
    auto made = tracks;
    if (auto config = media::make_aac_lc_config(format_.sample_rate, format_.channel_count)) {
        made[*track_].config = std::move(*config);
    }
    return made;
}

void DubStage::on_tracks(media::Tracks const& tracks) {
    if (!chosen_) choose_track(tracks);
    if (!track_) return next().on_tracks(tracks);
    update_track(tracks[*track_]);
    auto made = outgoing(tracks);
    if (made == told_) return;
    // What only becomes known with the first picture is told at once, too: routers give a publisher
    // two seconds to describe its tracks, and the picture itself comes out later.
    bool const at_once =
        std::ranges::any_of(told_, [](auto& track) { return !track.configured(); });
    bool const first = told_.empty();
    told_ = made;
    if (first || at_once) return next().on_tracks(told_);
    line_.hold(std::move(made), loop_.now());
    arm_release();
}

void DubStage::update_track(media::Track const& track) {
    if (described_ == track) return;
    described_ = track;
    work_.sounds.push_back({track});
}

// --- units ---

void DubStage::on_unit(media::Unit const& unit) {
    if (!track_) return next().on_unit(unit);
    auto const now = loop_.now();
    line_.note(unit.dts, now);
    if (!helper_) begin(unit.dts);
    if (unit.track != *track_) {
        line_.hold(unit, now);
        return arm_release();
    }
    newest_sound_ = unit.dts;
    newest_sound_arrival_ = now;
    work_.sounds.push_back({std::nullopt, unit.payload, unit.pts});
}

void DubStage::begin(base::Timestamp first) {
    helper_ = std::make_unique<Helper>(loop_, LineSettings{format_, first, *track_, dub_},
                                       [this](Made&& made) { on_made(std::move(made)); });
    newest_sound_arrival_ = loop_.now();
    newest_sound_ = first;
    made_until_ = first - dub_.delay;
    tick();
}

void DubStage::on_end() {
    ended_ = true;
    if (!helper_) return next().on_end();
    work_.end_source = true;
    give_work();
    service_->end();
    release();
}

// --- the helper ---

void DubStage::tick() {
    give_work();
    tick_timer_.expires_after(kHelperPeriod);
    tick_timer_.async_wait([this, alive = alive_](boost::system::error_code cancelled) {
        if (!cancelled && *alive && !done_) tick();
    });
}

// The time of the source up to which sound is to be made by now. Sound that a source sends later
// than its pictures is waited for, if it comes at all.
base::Timestamp DubStage::to_make(Time now) const {
    auto const ahead = kAhead + base::from_ticks(kEncoderFrames, format_.sample_rate);
    auto until = line_.reached(now + std::chrono::duration_cast<Time::duration>(ahead));
    auto const& clock = line_.clock();
    bool const comes = clock.newest_arrival() - newest_sound_arrival_ < kSoundPatience;
    return comes && !ended_ ? std::min(until, newest_sound_) : until;
}

void DubStage::give_work() {
    auto const now = net::LoopClock::now();
    auto const until = std::max(made_until_, to_make(now));
    if (!service_->can_send()) work_.not_sending = fallback_for(service_->state());
    // A source that is lost sends nothing at all: its time passes like ours.
    work_.newest = line_.clock().newest() + (now - line_.clock().newest_arrival());
    work_.advance = until;
    if (ended_ && !finishing_ && now + kAhead >= line_.clock().newest_arrival() + dub_.delay) {
        finishing_ = work_.finish = true;
    }
    made_until_ = until;
    helper_->give(std::exchange(work_, {}));
}

void DubStage::on_made(Made&& made) {
    account_.status().units_damaged = made.damaged;
    for (auto& cut : made.cuts) take(std::move(cut));
    for (auto const& settled : made.settled) take(settled);
    line_.add_sound(std::move(made.units));
    complete_ = complete_ || made.complete;
    release();
}

void DubStage::take(Cut&& cut) {
    account_.on_cut();
    if (!cut.sound) return;
    if (service_->can_send()) {
        return service_->send({cut.number, cut.at, std::move(*cut.sound)});
    }
    work_.fallbacks.emplace_back(cut.number, fallback_for(service_->state()));
}

void DubStage::take(Settled const& settled) {
    auto const reached = line_.reached(net::LoopClock::now());
    auto const until = std::max(settled.at - reached, base::Timestamp{});
    auto const at = std::chrono::system_clock::now() + until;
    auto const reason = account_.status().reason;
    auto const changed =
        account_.on_settled(settled, service_->state(),
                            std::chrono::time_point_cast<std::chrono::system_clock::duration>(at));
    if (changed || account_.status().reason != reason) log_mode();
}

// --- the service ---

void DubStage::on_state(sts::ClientState state, std::string const& reason) {
    auto const bad = state == sts::ClientState::waiting || state == sts::ClientState::refused ||
                     state == sts::ClientState::breaker_open;
    log(bad ? log::Level::warn : log::Level::info, "dub.service",
        std::string(sts::name_of(state)) + (reason.empty() ? "" : ": " + reason));
}

void DubStage::on_result(std::uint64_t fragment, sts::Outcome&& outcome) {
    if (outcome) {
        account_.on_dub(fragment, *outcome);
        work_.answers.emplace_back(fragment, std::move(*outcome));
        return;
    }
    work_.fallbacks.emplace_back(fragment, fallback_for(outcome.error().reason, service_->state()));
}

// --- the output ---

void DubStage::release() {
    line_.release(net::LoopClock::now(), next(), complete_ && !line_.holds_pictures());
    if (!complete_ || !line_.empty()) return arm_release();
    if (std::exchange(done_, true)) return;
    tick_timer_.cancel();
    next().on_end();
}

void DubStage::arm_release() {
    auto const due = line_.next_due();
    if (due == release_at_) return;
    release_at_ = due;
    if (!due) {
        release_timer_.cancel();
        return;
    }
    release_timer_.expires_at(*due);
    release_timer_.async_wait([this, alive = alive_](boost::system::error_code cancelled) {
        if (cancelled || !*alive) return;
        release_at_.reset();
        release();
    });
}

// --- what is told ---

DubStatus const* DubStage::dub_status() {
    auto& status = account_.status();
    status.units_dropped = line_.dropped();
    if (!service_) return &status;
    auto const& counters = service_->counters();
    status.sent = counters.fragments_sent;
    status.in_flight = service_->in_flight();
    status.reconnections = counters.reconnections;
    status.backpressure = {{"slow_down", counters.slow_downs},
                           {"pause", counters.pauses},
                           {"none", counters.all_clears}};
    status.breaker = static_cast<int>(service_->breaker());
    status.detail = service_->reason();
    return &status;
}

void DubStage::log_mode() const {
    auto const& status = account_.status();
    log(status.dubbed ? log::Level::info : log::Level::warn, "dub.mode",
        status.dubbed ? "the dub is heard" : "the original is heard: " + status.reason);
}

void DubStage::log(log::Level level, std::string_view event, std::string const& message) const {
    log::write(level, event, message,
               {{"streamId", std::string_view(settings_->stream_id)},
                {"runId", std::string_view(settings_->run_id)}});
}

StageFactory make_dub(DubSettings settings, ServiceFactory make_service) {
    return [settings = std::move(settings), make_service = std::move(make_service)](
               net::EventLoop& loop, std::shared_ptr<StageSettings const> run, UnitSink& next) {
        return std::make_unique<DubStage>(loop, std::move(run), next, settings, make_service);
    };
}

}  // namespace tidegate::worker
