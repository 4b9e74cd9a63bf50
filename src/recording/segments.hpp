// Turns the units of a stream into the bytes of recorded files: each file is a segment, which comes
// in parts. A part is written whole or not at all, so a file plays up to its last part whatever
// happens. Pure; one thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "mp4/slices.hpp"
#include "recording/format.hpp"

namespace tidegate::recording {

// Nanoseconds since 1970.
using WallTime = std::chrono::nanoseconds;

// What is to be done to the file of a segment next, in this order.
struct Piece {
    std::optional<WallTime> begins{};  // a new file: when its first sample was taken
    mp4::Slices bytes{};               // are appended
    base::Timestamp reached{};         // how long the file lasts with them
    bool ends = false;                 // the file is finished
    std::uint32_t units = 0;           // in the bytes
};

struct SegmentSettings {
    base::Timestamp part_duration = std::chrono::seconds{1};
    base::Timestamp segment_duration = std::chrono::hours{1};
    std::uint64_t max_part_size = 50 * 1024 * 1024;
    std::array<std::uint8_t, 16> stream_id{};  // of this run of the recorder
};

class SegmentMaker {
public:
    virtual ~SegmentMaker() = default;
    SegmentMaker(SegmentMaker const&) = delete;
    SegmentMaker& operator=(SegmentMaker const&) = delete;

    // wall: when the unit is decoded. The error is a sentence; this object is of no use then.
    // REQUIRES: unit.track is an index into the tracks.
    virtual std::expected<void, std::string> push(media::Unit const& unit, WallTime wall) = 0;
    // A track has another configuration from its next unit on. A file that cannot tell that ends
    // here, and the next one begins. REQUIRES: the codec is the same.
    virtual std::expected<void, std::string> set_track(std::size_t track, media::Track config) = 0;
    // Some units were lost: pictures go on with a key frame.
    virtual void skip() = 0;
    // The stream has ended, or is not recorded any more.
    virtual std::expected<void, std::string> finish() = 0;

    // What has been made since the last call.
    std::vector<Piece> take() { return std::exchange(pieces_, {}); }
    // Of which tracks a unit came too late for its file since the last call.
    std::vector<std::size_t> take_late() { return std::exchange(late_, {}); }

protected:
    SegmentMaker() = default;

    std::vector<Piece> pieces_;
    std::vector<std::size_t> late_;
};

// Whether the format has a form for the track, once what a decoder needs of it is known.
bool can_record(Format format, media::Track const& track);
// Tracks that cannot be recorded are left out.
std::unique_ptr<SegmentMaker> make_segments(Format format, SegmentSettings const& settings,
                                            media::Tracks const& tracks);

// How far behind the newest unit a segment may begin. An older one has its segment to itself.
inline constexpr base::Timestamp kMaxStartLag = std::chrono::seconds{1};

}  // namespace tidegate::recording
