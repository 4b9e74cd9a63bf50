// What the output gets while the source is away: the last picture again and again with silence, or
// a slate. It remembers what is needed for that, says what is due, and decides with which unit each
// track of a source that has returned goes on. All times are those of the input's line before its
// timeline corrects them. Pure: time is an argument. One for each run, one loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filler/filler.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::filler {

enum class OnSourceLost : std::uint8_t { end, hold, slate };

struct SourceLost {
    OnSourceLost then = OnSourceLost::end;
    std::shared_ptr<Slate const> slate = {};  // for OnSourceLost::slate
    // How long the output goes on without a source. media-service has its own grace period.
    std::chrono::milliseconds grace = std::chrono::seconds{30};
    // Tracks that have never sent anything are filled, too.
    bool from_the_start = false;
};

class SourceGap {
public:
    explicit SourceGap(SourceLost settings) : settings_(std::move(settings)) {}

    bool enabled() const { return settings_.then != OnSourceLost::end; }
    bool filling() const { return filling_; }
    std::chrono::milliseconds grace() const { return settings_.grace; }

    // Of the source; again when they have changed.
    void on_tracks(media::Tracks const& tracks);
    // Why the slate cannot be used with this source, as a sentence; empty: it can. The last picture
    // is held then.
    std::string const& problem() const { return problem_; }

    // A unit of the source that has been handed on.
    void note(media::Unit const& unit);
    // The source is away. newest: the latest time of all its units.
    void begin(base::Timestamp newest);
    // Appends what is due up to this time.
    void fill(base::Timestamp until, std::vector<media::Unit>& out) { filler_.fill(until, out); }
    // Whether a unit of the source is handed on. While a picture is shown in its place, a track
    // goes on with a key frame only. REQUIRES: filling().
    bool accept(media::Unit const& unit);

    // The tracks as their units have been coded since the last call to begin() or accept(): a slate
    // has its own parameter sets.
    media::Tracks const& shown() const { return shown_; }

private:
    struct Last {
        std::optional<media::Unit> keyframe;      // of video
        base::SharedBytes unit;                   // of sound
        std::optional<base::Timestamp> dts, pts;  // the newest
        base::Timestamp step{};                   // between the last two
    };

    void match_slate();
    void begin_track(std::uint16_t track, base::Timestamp start);
    bool begin_slate(std::uint16_t track, base::Timestamp start);
    void hold_picture(std::uint16_t track, base::Timestamp start);
    void be_silent(std::uint16_t track, base::Timestamp start);

    SourceLost const settings_;
    media::Tracks tracks_, shown_;
    std::vector<std::optional<std::uint16_t>> slate_tracks_;  // by track of the source
    std::string problem_;
    std::vector<Last> last_;  // by track
    Filler filler_;
    bool filling_ = false;
};

}  // namespace tidegate::filler
