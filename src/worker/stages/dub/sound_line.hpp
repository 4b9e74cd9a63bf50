// Everything that happens to the sound of a dubbed stream: what comes from the source is decoded
// and cut into fragments; the service's answers are decoded and fitted; and at its time the sound
// goes out, dubbed or as it was, through one encoder that never stops. Nothing in here waits or
// knows a clock. Used by the helper thread (helper.hpp), or by one thread in tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "codec/encoder.hpp"
#include "dub/cutter.hpp"
#include "dub/fallback.hpp"
#include "dub/timeline.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "sts/core/outcome.hpp"
#include "worker/stages/dub/settings.hpp"
#include "worker/stages/dub/source_sound.hpp"

namespace tidegate::worker {

struct LineSettings {
    media::AudioFormat format;  // of the output. REQUIRES: codec::encodable(format) == format
    base::Timestamp origin{};   // the time of the stream's first unit
    std::uint16_t track = 0;    // of the units that are made
    DubSettings dub;
};

// A fragment was cut.
struct Cut {
    std::uint64_t number = 0;
    base::Timestamp at{};                   // in the source
    std::optional<sts::AudioData> sound{};  // nullopt: it is not to be sent
};

// What is heard in a fragment's place. The place is about to go out.
struct Settled {
    std::uint64_t number = 0;
    base::Timestamp at{};  // in the source
    std::chrono::milliseconds duration{};
    std::optional<dub::Fallback> fallback{};  // nullopt: the dub
    double stretch = 1;
    double gain_db = 0;
};

// What a call has made, for whoever called.
struct Made {
    std::vector<Cut> cuts{};
    std::vector<media::Unit> units{};  // their times are those of the output
    std::vector<Settled> settled{};
    std::uint64_t damaged = 0;  // units of the source, since the beginning
    bool complete = false;      // after finish(): nothing follows

    bool empty() const { return cuts.empty() && units.empty() && settled.empty() && !complete; }
};

class SoundLine {
public:
    explicit SoundLine(LineSettings settings);
    SoundLine(SoundLine const&) = delete;
    SoundLine& operator=(SoundLine const&) = delete;

    // What the following calls make is collected until somebody takes it.
    Made take_made();

    // --- from the source ---
    void set_track(media::Track const& track) { source_.set_track(track); }
    void take(base::ByteView unit, base::Timestamp pts);
    // The source has sent other tracks up to this time: if the sound has stopped, what was heard of
    // it is a fragment.
    void note_time(base::Timestamp newest);
    // The source has ended: the last fragment is cut.
    void end_source();

    // --- from the service ---
    // Fragments are to be made ready for sending; or why they are not.
    void set_sending(std::optional<dub::Fallback> not_sending) { not_sending_ = not_sending; }
    void answer(std::uint64_t fragment, sts::Dub&& dub);
    void fall_back(std::uint64_t fragment, dub::Fallback reason);

    // --- to the output ---
    // Makes the units up to this time of the source.
    void advance(base::Timestamp until);
    // Makes all that is left after end_source().
    void finish();

    std::size_t memory() const { return timeline_.memory(); }

private:
    struct Sent {
        dub::Position first = 0;
        dub::Frames length = 0;
        dub::Frames pause = 0;           // dub::Fragment::pause
        std::optional<double> loudness;  // of the original
        double stretch = 1;              // of its dub
        double gain_db = 0;
    };

    base::Timestamp time_of(dub::Position position) const;
    dub::Position position_of(base::Timestamp time) const;
    void lay(dub::Position at, std::span<float const> samples);
    void take_fragments();
    void take(dub::Fragment const& fragment);
    std::optional<sts::AudioData> sound_of(media::Pcm const& pcm) const;
    std::expected<media::Pcm, dub::Fallback> decoded(sts::AudioData const& audio) const;
    void read_until(dub::Position until);
    bool open_encoder();
    void encode();
    void collect(std::vector<codec::EncodedUnit>& encoded);
    void take_outcomes();

    LineSettings const settings_;
    dub::Position const start_;  // what goes out first: the delay before the source begins
    dub::Timeline timeline_;
    dub::Cutter cutter_;
    SourceSound source_;
    std::optional<codec::Encoder> encoder_;
    dub::Position encoder_start_ = 0;
    std::map<std::uint64_t, Sent> sent_;
    std::vector<float> frames_;                // kept for its memory
    std::vector<codec::EncodedUnit> encoded_;  // likewise
    Made made_;
    std::optional<dub::Fallback> not_sending_ = dub::Fallback::disconnected;
};

}  // namespace tidegate::worker
