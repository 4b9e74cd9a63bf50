// The stage that dubs. The output is the input, later by a fixed delay: pictures wait untouched,
// and the sound is made meanwhile, with the voice of the speech service where that came in time and
// as it was elsewhere. Nothing that the service does stops or changes anything else.
//
// The output begins at once, with silence in place of the first `delay`: so the router, whose
// publishers must not be silent for long, and media-service, which watches that media flows, see a
// live stream from the beginning; and the encoder's first unit is the stream's first.
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
#include "worker/stages/dub/dub_account.hpp"
#include "worker/stages/dub/helper.hpp"
#include "worker/stages/dub/settings.hpp"
#include "worker/stages/dub/speech_service.hpp"

namespace tidegate::worker {

// How often the helper thread gets work. It wakes seldom, and a fragment is sent soon enough.
inline constexpr std::chrono::milliseconds kHelperPeriod{100};
// How long before its time sound is made, beside what the encoder has to know in advance. A busy
// machine may be late by as much.
inline constexpr std::chrono::milliseconds kAhead{300};
// Of the encoder: a unit needs the sound of this many frames from its beginning.
inline constexpr std::int64_t kEncoderFrames = 3 * 1024;

// The input's bit rate up to which pictures are held for the whole delay. The best of contribution
// encoders send half of it.
inline constexpr std::int64_t kMostBitRate = 100'000'000;

class DubStage final : public Stage, sts::ClientHandler {
public:
    DubStage(net::EventLoop& loop, std::shared_ptr<StageSettings const> settings, UnitSink& next,
             DubSettings dub, ServiceFactory const& make_service);
    ~DubStage() override;

    void on_tracks(media::Tracks const& tracks) override;
    void on_unit(media::Unit const& unit) override;
    void on_end() override;

    std::chrono::milliseconds delay() const override;
    DubStatus const* dub_status() override;
    std::vector<DubCaption> take_captions() override { return account_.take_captions(); }

private:
    using Time = net::LoopClock::time_point;

    // sts::ClientHandler
    void on_state(sts::ClientState state, std::string const& reason) override;
    void on_result(std::uint64_t fragment, sts::Outcome&& outcome) override;

    void choose_track(media::Tracks const& tracks);
    void update_track(media::Track const& track);
    media::Tracks outgoing(media::Tracks const& tracks) const;
    void begin(base::Timestamp first);
    void on_made(Made&& made);
    void take(Cut&& cut);
    void take(Settled const& settled);
    void give_work();
    base::Timestamp to_make(Time now) const;
    void tick();
    void release();
    void arm_release();
    void log_mode() const;
    void log(log::Level level, std::string_view event, std::string const& message) const;

    net::EventLoop& loop_;
    std::shared_ptr<StageSettings const> const settings_;
    DubSettings const dub_;
    ServiceFactory const make_service_;
    DubAccount account_;
    DelayLine line_;
    std::unique_ptr<SpeechService> service_;
    std::unique_ptr<Helper> helper_;

    std::optional<std::uint16_t> track_;     // that is dubbed; nullopt: none, all passes through
    bool chosen_ = false;                    // track_ is known
    media::AudioFormat format_;              // of the sound that goes out
    std::optional<media::Track> described_;  // as the helper knows it
    media::Tracks told_;                     // to the next stage
    base::Timestamp newest_sound_{};         // of the source
    Time newest_sound_arrival_{};

    Work work_;  // for the next tick
    boost::asio::steady_timer tick_timer_;
    boost::asio::steady_timer release_timer_;
    std::optional<Time> release_at_;  // when release_timer_ fires
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
