// The stage that dubs. The output is the input, later by a fixed delay: pictures wait untouched,
// and the sound is made meanwhile, with the voice of the speech service where that came in time and
// as it was elsewhere. Nothing that the service does stops or changes anything else.
//
// The output begins at once, with silence in place of the first `delay`: so the router, whose
// publishers must not be silent for long, and media-service, which watches that media flows, see a
// live stream from the beginning; and the encoder's first unit is the stream's first.
//
// Into several languages: the first takes the place of the source's sound, the others follow behind
// the source's tracks, and the last is the source's own sound, as it came. Each says its language.
// When the source changes the rate or the channels of its sound, nothing that was told of the
// output changes: its own sound is encoded as it was told from then on, too.
//
// A stream without sound, or with sound that no decoder knows, passes through at once.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.hpp"
#include "worker/stage.hpp"
#include "worker/stages/dub/delay_line.hpp"
#include "worker/stages/dub/dub_session.hpp"
#include "worker/stages/dub/helper.hpp"
#include "worker/stages/dub/settings.hpp"
#include "worker/stages/dub/speech_service.hpp"

namespace tidegate::worker {

// How often the helper thread gets work. It wakes seldom, and a fragment is sent soon enough.
inline constexpr std::chrono::milliseconds kHelperPeriod{100};
// It is given with the next bytes that come in, if they come within this time.
inline constexpr std::chrono::milliseconds kHelperPatience{50};
// How long before its time sound is made, beside what the encoder has to know in advance. A busy
// machine may be late by as much.
inline constexpr std::chrono::milliseconds kAhead{400};
// Of the encoder: a unit needs the sound of this many frames from its beginning.
inline constexpr std::int64_t kEncoderFrames = 3 * 1024;

// The input's bit rate up to which pictures are held for the whole delay. The best of contribution
// encoders send half of it.
inline constexpr std::int64_t kMostBitRate = 100'000'000;

class DubStage final : public Stage {
public:
    DubStage(net::EventLoop& loop, std::shared_ptr<StageSettings const> settings, UnitSink& next,
             DubSettings dub, ServiceFactory const& make_service);
    ~DubStage() override;

    void on_tracks(media::Tracks const& tracks) override;
    void on_unit(media::Unit const& unit) override;
    void on_end() override;

    std::chrono::milliseconds delay() const override;
    std::vector<DubStatus const*> dub_status() override;
    std::vector<DubCaption> take_captions() override;

private:
    using Time = net::LoopClock::time_point;

    void choose_track(media::Tracks const& tracks);
    void open_sessions(std::size_t tracks);
    void update_track(media::Track const& track);
    media::Tracks outgoing(media::Tracks const& tracks) const;
    bool can_go_on_as_told(media::Track const& source) const;
    void take_sound(media::Unit const& unit, Time now);
    void begin(base::Timestamp first);
    void on_made(Made&& made);
    std::chrono::system_clock::time_point time_of(Settled const& settled) const;
    void give_work(bool wake_loop);
    base::Timestamp to_make(Time now) const;
    void tick(bool wake_loop);
    void use_read(Time now);
    void release(Time now);
    void arm_release();

    net::EventLoop& loop_;
    std::shared_ptr<StageSettings const> const settings_;
    DubSettings const dub_;
    ServiceFactory const make_service_;
    std::vector<std::unique_ptr<DubSession>> sessions_;  // one for each language, in their order
    std::size_t dubbed_ = 0;                             // of them; the others passed through
    std::uint64_t damaged_ = 0;                          // units of the source's sound
    DelayLine line_;
    std::unique_ptr<Helper> helper_;

    std::optional<std::uint16_t> track_;     // that is dubbed; nullopt: none, all passes through
    std::optional<std::uint16_t> original_;  // the track on which it goes out untouched, too
    bool encodes_original_ = false;          // its parameters have changed since it was told
    bool chosen_ = false;                    // track_ is known
    media::AudioFormat format_;              // of the sound that goes out
    std::optional<media::Track> described_;  // as the helper knows it
    media::Tracks told_;                     // to the next stage
    base::Timestamp newest_sound_{};         // of the source
    Time newest_sound_arrival_{};

    Work work_;  // for the next tick
    boost::asio::steady_timer tick_timer_;
    boost::asio::steady_timer release_timer_;
    Time tick_at_{};           // kHelperPatience before tick_timer_ fires
    std::optional<Time> due_;  // of line_; kTogether before release_timer_ fires
    base::Timestamp made_until_{};
    bool ended_ = false;                                          // on_end() was called
    bool finishing_ = false;                                      // the helper was told to finish
    bool complete_ = false;                                       // it has
    bool done_ = false;                                           // everything has been handed on
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // checked by timers
};

// A stage for each run.
StageFactory make_dub(DubSettings settings, ServiceFactory make_service = connect_service);

}  // namespace tidegate::worker
