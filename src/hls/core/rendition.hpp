// A stream of one track as fragmented MP4: an init segment, and parts with a movie fragment each.
// The bytes of the units are not copied, except into small parts. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hls/core/stream_maker.hpp"
#include "media/silence.hpp"
#include "mp4/fragment.hpp"
#include "mp4/sampler.hpp"

namespace tidegate::hls {

// Up to this size a part is joined to one piece: it costs less than gathering it for each reader.
inline constexpr std::uint64_t kJoinedPart = 8 * 1024;
// The duration of a sample is known when the next one comes. When that takes longer than this, the
// sample does not wait for it: the sound was interrupted.
inline constexpr base::Timestamp kMaxHeld = std::chrono::seconds(1);

// Sound that is further than this behind the picture has stopped, and silence takes its place.
inline constexpr base::Timestamp kSoundPatience = std::chrono::seconds(1);
// Sound that came nevertheless, later than the silence, is waited for from then on, so much longer
// than it was late. No longer than the second: players have stopped by then.
inline constexpr base::Timestamp kMaxSoundPatience = std::chrono::seconds(10);

class Rendition final : public StreamMaker {
public:
    // leading: segments begin with its units, so each of these may belong to a new configuration.
    Rendition(Settings const& settings, std::string id, bool leading, media::Kind kind)
        : StreamMaker(settings, std::move(id)), leading_(leading), kind_(kind) {}

    std::string_view content_type() const override {
        return kind_ == media::Kind::video ? "video/mp4" : "audio/mp4";
    }
    void begin(std::vector<media::Track> tracks) override;
    void set_track(std::size_t track, media::Track config) override;
    bool configured() const override { return !next_init_.empty(); }
    bool changed() const override;

    std::expected<void, media::Error> approach(media::Unit const& unit) override;
    std::expected<void, media::Error> add(media::Unit const& unit) override;
    std::expected<void, media::Error> drain(base::Timestamp end) override;

private:
    std::expected<Part, media::Error> take_part(base::Timestamp end) override;
    std::shared_ptr<Init const> take_init() override;
    std::expected<void, media::Error> keep(std::optional<mp4::TimedSample> sample);
    std::expected<void, media::Error> fill_with_silence(base::Timestamp end);
    bool too_late(media::Unit const& unit) const { return unit.dts < silent_until_; }

    bool const leading_;
    media::Kind const kind_;
    base::SharedBytes next_init_;  // for the next segment; empty: cannot be written yet
    std::uint32_t next_timescale_ = 1;
    std::shared_ptr<Init const> init_;

    std::optional<mp4::Sampler> sampler_;  // nullopt: the publication has no such track
    std::uint32_t timescale_ = 1;
    base::Timestamp last_{};         // the time of the unit that the sampler holds
    std::uint64_t decode_time_ = 0;  // of the first sample
    std::vector<mp4::FragmentSample> samples_;

    std::optional<media::Silence> silence_;
    std::optional<base::Timestamp> sound_end_;  // where the next unit is due; nullopt: at once
    base::Timestamp silent_until_ = base::Timestamp::min();
    bool silent_ = false;  // silence came last
    base::Timestamp patience_ = kSoundPatience;
};

}  // namespace tidegate::hls
