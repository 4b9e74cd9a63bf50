#include "worker/stages/dub/dub_stage.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "media/aac.hpp"
#include "media/language.hpp"

namespace tidegate::worker {

namespace {

// A sound that has been silent for this long does not hold the output's sound back any more.
constexpr std::chrono::milliseconds kSoundPatience{1000};
constexpr std::size_t kSpareBytes = std::size_t{16} << 20;

std::size_t most_bytes(std::chrono::milliseconds delay) {
    return static_cast<std::size_t>(kMostBitRate / 8 * delay.count() / 1000) + kSpareBytes;
}

// What a menu of a player shows for the source's own sound.
constexpr std::string_view kOriginalName = "original";

constexpr std::uint32_t kAacLc = 2;  // the object type of what codec::Encoder makes

}  // namespace

DubStage::DubStage(net::EventLoop& loop, std::shared_ptr<StageSettings const> settings,
                   UnitSink& next, DubSettings dub, ServiceFactory const& make_service)
    : Stage(next),
      loop_(loop),
      settings_(std::move(settings)),
      dub_(std::move(dub)),
      make_service_(make_service),
      line_(dub_.delay, most_bytes(dub_.delay)),
      tick_timer_(loop.io()),
      release_timer_(loop.io()) {
    for (auto const& target : dub_.targets) {
        sessions_.push_back(std::make_unique<DubSession>(settings_, target, dub_.delay));
    }
}

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
        for (auto const& session : sessions_) session->give_up("no-sound", why);
        return;
    }
    format_ = codec::encodable(tracks[*track_].audio_format());
    open_sessions(tracks.size());
    std::vector<std::string> languages;
    for (std::size_t i = 0; i < dubbed_; ++i) languages.push_back(sessions_[i]->language_tag());
    next().on_caption_languages(languages);
}

// Several languages need a track each, and one for the original, which has its own place so far.
void DubStage::open_sessions(std::size_t tracks) {
    auto const room = media::kMaxTracks - std::min(tracks, media::kMaxTracks);
    dubbed_ = std::min(sessions_.size(), std::max<std::size_t>(room, 1));
    if (dubbed_ > 1) original_ = static_cast<std::uint16_t>(tracks + dubbed_ - 1);
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        if (i < dubbed_) {
            sessions_[i]->connect(loop_, make_service_, dub_, format_);
        } else {
            sessions_[i]->give_up("too-many", "the stream has no room for another track");
        }
    }
}

media::Tracks DubStage::outgoing(media::Tracks const& tracks) const {
    auto made = tracks;
    auto const& source = tracks[*track_];
    auto const config = media::make_aac_lc_config(format_.sample_rate, format_.channel_count);
    for (std::size_t i = 0; i < dubbed_; ++i) {
        auto track = source;
        if (config) track.config = *config;
        track.language = sessions_[i]->language_tag();
        track.name = track.language;
        if (i == 0) {
            made[*track_] = std::move(track);
        } else {
            made.push_back(std::move(track));
        }
    }
    if (!original_) return made;
    made.push_back(source);
    if (encodes_original_) made.back().config = told_.back().config;
    if (source.language.empty()) {
        made.back().language = media::language_tag(dub_.source_language);
    }
    if (source.name.empty()) made.back().name = kOriginalName;
    return made;
}

void DubStage::on_tracks(media::Tracks const& tracks) {
    if (!chosen_) choose_track(tracks);
    if (!track_) return next().on_tracks(tracks);
    update_track(tracks[*track_]);
    if (original_ && !encodes_original_ && can_go_on_as_told(tracks[*track_])) {
        encodes_original_ = work_.sounds.back().encode_original = true;
    }
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
    work_.sounds.push_back({.track = track});
}

// Whether the source's sound has other parameters than were told, and our encoder can go on with
// those that were.
bool DubStage::can_go_on_as_told(media::Track const& source) const {
    if (told_.empty() || told_.back().config == source.config) return false;
    auto const* const told = std::get_if<media::AacConfig>(&told_.back().config);
    auto const core = told != nullptr ? media::aac_core(*told) : std::nullopt;
    return core && core->object_type == kAacLc && core->sample_rate == format_.sample_rate &&
           core->channel_configuration == format_.channel_count;
}

// --- units ---

void DubStage::on_unit(media::Unit const& unit) {
    if (!track_) return next().on_unit(unit);
    auto const now = loop_.now();
    line_.note(unit.dts, now);
    if (!helper_) begin(unit.dts);
    if (unit.track == *track_) {
        take_sound(unit, now);
    } else {
        line_.hold(unit, now);
    }
    use_read(now);
}

// Bytes have woken us. What would wake us soon is done now.
void DubStage::use_read(Time now) {
    if (now >= tick_at_) tick(false);
    helper_->hand_over();
    if (due_ && *due_ <= now + kTogether) return release(now + kTogether);
    arm_release();
}

void DubStage::take_sound(media::Unit const& unit, Time now) {
    newest_sound_ = unit.dts;
    newest_sound_arrival_ = now;
    work_.sounds.push_back({.payload = unit.payload, .pts = unit.pts});
    if (!original_ || encodes_original_) return;
    auto original = unit;
    original.track = *original_;
    line_.hold(std::move(original), now);
}

void DubStage::begin(base::Timestamp first) {
    std::vector<std::uint16_t> tracks{*track_};
    for (std::size_t i = 1; i < dubbed_; ++i) {
        tracks.push_back(static_cast<std::uint16_t>(*original_ - dubbed_ + i));
    }
    helper_ = std::make_unique<Helper>(loop_, LineSettings{format_, first, tracks, dub_, original_},
                                       [this](Made&& made) { on_made(std::move(made)); });
    newest_sound_arrival_ = loop_.now();
    newest_sound_ = first;
    made_until_ = first - dub_.delay;
    tick(true);
}

void DubStage::on_end() {
    ended_ = true;
    if (!helper_) return next().on_end();
    work_.end_source = true;
    give_work(true);
    for (std::size_t i = 0; i < dubbed_; ++i) sessions_[i]->end();
    release(net::LoopClock::now());
}

// --- the helper ---

// wake_loop: nothing comes in that would.
void DubStage::tick(bool wake_loop) {
    give_work(wake_loop);
    tick_at_ = net::LoopClock::now() + kHelperPeriod;
    tick_timer_.expires_at(tick_at_ + kHelperPatience);
    tick_timer_.async_wait([this, alive = alive_](boost::system::error_code cancelled) {
        if (!cancelled && *alive && !done_) tick(true);
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

void DubStage::give_work(bool wake_loop) {
    auto const now = net::LoopClock::now();
    auto const until = std::max(made_until_, to_make(now));
    for (std::size_t i = 0; i < dubbed_; ++i) {
        work_.languages.push_back(sessions_[i]->take_work());
        for (auto const& caption : sessions_[i]->take_spoken()) next().on_caption(caption);
    }
    // A source that is lost sends nothing at all: its time passes like ours.
    work_.newest = line_.clock().newest() + (now - line_.clock().newest_arrival());
    work_.advance = until;
    work_.wake_loop = wake_loop;
    if (ended_ && !finishing_ && now + kAhead >= line_.clock().newest_arrival() + dub_.delay) {
        finishing_ = work_.finish = true;
    }
    made_until_ = until;
    helper_->give(std::exchange(work_, {}));
}

void DubStage::on_made(Made&& made) {
    damaged_ = made.damaged;
    for (auto& cut : made.cuts) sessions_[cut.language]->take(std::move(cut));
    for (auto const& settled : made.settled) {
        sessions_[settled.language]->take(settled, time_of(settled));
    }
    line_.add_sound(std::move(made.units));
    complete_ = complete_ || made.complete;
    release(net::LoopClock::now());
}

// When a fragment's place goes out.
std::chrono::system_clock::time_point DubStage::time_of(Settled const& settled) const {
    auto const reached = line_.reached(net::LoopClock::now());
    auto const at =
        std::chrono::system_clock::now() + std::max(settled.at - reached, base::Timestamp{});
    return std::chrono::time_point_cast<std::chrono::system_clock::duration>(at);
}

// --- the output ---

void DubStage::release(Time now) {
    line_.release(now, next(), complete_ && !line_.holds_pictures());
    if (!complete_ || !line_.empty()) return arm_release();
    if (std::exchange(done_, true)) return;
    tick_timer_.cancel();
    next().on_end();
}

void DubStage::arm_release() {
    auto const due = line_.next_due();
    if (due == due_) return;
    due_ = due;
    if (!due) {
        release_timer_.cancel();
        return;
    }
    release_timer_.expires_at(*due + kTogether);
    release_timer_.async_wait([this, alive = alive_](boost::system::error_code cancelled) {
        if (cancelled || !*alive) return;
        due_.reset();
        release(net::LoopClock::now());
    });
}

// --- what is told ---

std::vector<DubStatus const*> DubStage::dub_status() {
    std::vector<DubStatus const*> all;
    for (auto const& session : sessions_) {
        session->note_units(line_.dropped(), damaged_);
        all.push_back(&session->status());
    }
    return all;
}

std::vector<DubCaption> DubStage::take_captions() {
    std::vector<DubCaption> all;
    for (auto const& session : sessions_) {
        std::ranges::move(session->take_captions(), std::back_inserter(all));
    }
    return all;
}

StageFactory make_dub(DubSettings settings, ServiceFactory make_service) {
    return [settings = std::move(settings), make_service = std::move(make_service)](
               net::EventLoop& loop, std::shared_ptr<StageSettings const> run, UnitSink& next) {
        return std::make_unique<DubStage>(loop, std::move(run), next, settings, make_service);
    };
}

}  // namespace tidegate::worker
