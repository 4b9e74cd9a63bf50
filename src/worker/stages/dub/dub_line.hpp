// The sound of one language, from the source's to the encoder's: a timeline on which the original
// lies, and the service's answers where they came in time, and an encoder that never stops. Nothing
// in here waits or knows a clock. Helper thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "codec/encoder.hpp"
#include "dub/fallback.hpp"
#include "dub/fragment.hpp"
#include "dub/timeline.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "sts/core/outcome.hpp"
#include "worker/stages/dub/settings.hpp"

namespace tidegate::worker {

struct LineSettings {
    media::AudioFormat format;  // of the output. REQUIRES: codec::encodable(format) == format
    base::Timestamp origin{};   // the time of the stream's first unit
    std::vector<std::uint16_t> tracks{0};  // of the units that are made: one for each language
    DubSettings dub;
    std::optional<std::uint16_t> original{};  // the same of SoundLine::encode_original()
};

// A fragment was cut, for one language.
struct Cut {
    std::uint64_t number = 0;
    base::Timestamp at{};                   // in the source
    std::optional<sts::AudioData> sound{};  // nullopt: it is not to be sent
    std::size_t language = 0;               // its index
    std::chrono::milliseconds duration{};
};

// What is heard in a fragment's place. The place is about to go out.
struct Settled {
    std::uint64_t number = 0;
    base::Timestamp at{};  // in the source
    std::chrono::milliseconds duration{};
    std::optional<dub::Fallback> fallback{};  // nullopt: the dub
    double stretch = 1;
    double gain_db = 0;
    std::size_t language = 0;  // its index
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

// What all languages send of a fragment.
struct Outgoing {
    std::optional<double> loudness;
    std::optional<sts::AudioData> sound;  // nullopt: it cannot be encoded, or nobody sends
};

class DubLine {
public:
    // settings must outlive this. language: an index of its tracks.
    DubLine(LineSettings const& settings, std::size_t language);
    // The line of the original alone, which begins there.
    DubLine(LineSettings const& settings, dub::Position start);
    DubLine(DubLine const&) = delete;
    DubLine& operator=(DubLine const&) = delete;

    void put(dub::Position at, std::span<float const> samples) { timeline_.put(at, samples); }
    // Fragments are to be sent; or why they are not.
    void set_sending(std::optional<dub::Fallback> not_sending) { not_sending_ = not_sending; }
    bool sending() const { return !not_sending_; }
    // A fragment of the source was cut.
    void take(dub::Fragment const& fragment, Outgoing const& outgoing, Made& made);
    void answer(std::uint64_t fragment, sts::Dub&& dub);
    void fall_back(std::uint64_t fragment, dub::Fallback reason);
    // Makes the units up to there.
    void advance(dub::Position until, Made& made);
    // Makes all that is left. The source has ended.
    void finish(Made& made);

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

    DubLine(LineSettings const& settings, std::size_t language, std::uint16_t track,
            dub::Position start);
    Settled settled(std::uint64_t number, dub::Position first, dub::Frames length) const;
    void read_until(dub::Position until, Made& made);
    bool open_encoder();
    void encode(Made& made);
    void collect(Made& made);
    void take_outcomes(Made& made);

    LineSettings const& settings_;
    std::size_t const language_;
    std::uint16_t const track_;
    dub::Timeline timeline_;
    std::optional<codec::Encoder> encoder_;
    dub::Position encoder_start_ = 0;
    std::map<std::uint64_t, Sent> sent_;
    std::vector<float> frames_;                // kept for its memory
    std::vector<codec::EncodedUnit> encoded_;  // likewise
    std::optional<dub::Fallback> not_sending_ = dub::Fallback::disconnected;
};

// The time of the source at a position of its line.
base::Timestamp time_of(LineSettings const& settings, dub::Position position);
std::chrono::milliseconds duration_of(dub::Frames frames, std::uint32_t rate);

}  // namespace tidegate::worker
