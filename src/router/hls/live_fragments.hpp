// Makes the pieces of live.mp4 of a stream's units: an init segment, and fragments that follow one
// another without a gap. The bytes are the same for all viewers; a viewer may begin with any
// fragment that is a keyframe. Pure; one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/shared_bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "mp4/sampler.hpp"

namespace tidegate::router {

// A fragment ends with the picture that makes it this long: two pictures at 25 and 30 fps, four at
// 60. A write to each viewer costs more than all else, so this halves the cost. It delays a picture
// by the time of one more; players keep a tenth of a second in store anyway.
inline constexpr std::chrono::milliseconds kFragmentTime{60};
// How much sound is put into a fragment when there is no picture to wait for: in a stream of sound
// only, and between the pictures of a screen that seldom changes.
inline constexpr std::chrono::milliseconds kSoundFragmentTime{100};
// Whether a track can be in live.mp4; the error says why not.
std::expected<void, media::Error> check_live(media::Track const& track);

struct LiveFragment {
    base::SharedBytes bytes;
    bool keyframe = false;  // decoding can begin here
};

class LiveFragments {
public:
    // tracks: at most one is video. The error says why MP4 cannot carry them.
    static std::expected<LiveFragments, media::Error> begin(media::Tracks const& tracks);

    base::SharedBytes const& init() const { return init_; }
    // As in RFC 6381: "avc1.64001f,mp4a.40.2".
    std::string const& codecs() const { return codecs_; }
    bool has_video() const { return video_.has_value(); }

    // unit.track: index into the tracks. The duration of a sample is known when the next unit of
    // its track comes, so what is returned ends with the unit before.
    std::optional<LiveFragment> push(media::Unit const& unit);
    // The stream has ended: what is left.
    std::optional<LiveFragment> finish();

private:
    struct Lane {
        std::uint32_t timescale;
        std::optional<mp4::Sampler> sampler{};
        std::vector<mp4::FragmentSample> samples{};
        std::uint64_t decode_time = 0;  // of the first sample
        std::uint64_t ticks = 0;        // of all samples
    };
    LiveFragments(media::Tracks const& tracks, base::SharedBytes init);

    static void hold(Lane& lane, mp4::TimedSample sample);
    bool ends_before(media::Unit const& unit) const;
    std::optional<LiveFragment> take();

    base::SharedBytes init_;
    std::string codecs_;
    std::vector<Lane> lanes_;
    std::optional<std::size_t> video_;
    std::optional<base::Timestamp> start_;
    std::uint32_t sequence_ = 0;
};

}  // namespace tidegate::router
