// Makes the units that fill a stream while its source is away: for each track a still picture,
// silence, or a clip that is played again and again. The caller says which track is filled with
// what and from when, and asks for what is due. Pure: time is an argument. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "filler/slate.hpp"
#include "filler/still.hpp"
#include "media/silence.hpp"
#include "media/unit.hpp"

namespace tidegate::filler {

// How often a still picture is sent. A key frame has tenths of a megabyte, so each costs as much as
// half a second of many a stream; a reader who joins waits for one; and segments of HLS need them.
inline constexpr base::Timestamp kStillInterval = std::chrono::milliseconds(500);
// At most so much is made at once. A process that was stopped for a minute goes on from now.
inline constexpr base::Timestamp kMostAtOnce = std::chrono::seconds(5);

class Filler {
public:
    // From `first` on. composition: by how much the picture is shown later than it is decoded.
    void hold(std::uint16_t track, Still still, base::Timestamp first, base::Timestamp composition);
    void be_silent(std::uint16_t track, media::Silence silence, base::Timestamp first);
    // own: the track of the clip. The clip begins at `start`, the same time for all its tracks.
    void loop(std::uint16_t track, std::shared_ptr<Slate const> slate, std::uint16_t own,
              base::Timestamp start);

    void stop(std::uint16_t track);
    void stop_all() { lanes_.clear(); }
    bool fills(std::uint16_t track) const;
    bool active() const { return !lanes_.empty(); }

    // Appends the units up to this time: sound that ends by then, pictures that begin by then. In
    // the order of their dts, which rises strictly within each track.
    void fill(base::Timestamp until, std::vector<media::Unit>& out);

private:
    struct Held {
        Still still;
        base::Timestamp next{}, composition{};
    };
    struct Silent {
        media::Silence silence;
        base::Timestamp first{};
        std::uint64_t count = 0;
    };
    struct Looped {
        std::shared_ptr<Slate const> slate;
        std::uint16_t own = 0;
        base::Timestamp start{};
        std::size_t next = 0;
    };
    struct Lane {
        std::uint16_t track = 0;
        std::variant<Held, Silent, Looped> content;
    };

    static void fill_lane(std::uint16_t track, Held& held, base::Timestamp until,
                          std::vector<media::Unit>& out);
    static void fill_lane(std::uint16_t track, Silent& silent, base::Timestamp until,
                          std::vector<media::Unit>& out);
    static void fill_lane(std::uint16_t track, Looped& looped, base::Timestamp until,
                          std::vector<media::Unit>& out);

    std::vector<Lane> lanes_;
};

}  // namespace tidegate::filler
