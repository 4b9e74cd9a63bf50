// One publisher's time on a path. It begins with the stream's tracks and ends when this object is
// destroyed, or earlier when another publisher takes its place. Whatever protocol the publisher
// speaks, its timestamps go through one media::Timeline here, and jumps are named in the log here.
// The publisher's event loop only.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "log/line_limit.hpp"
#include "media/caption.hpp"
#include "media/timeline.hpp"
#include "router/paths/paths.hpp"

namespace tidegate::router {

// A caption is told before its time: at most this long, for a dub is up to a minute behind its
// source. One that comes later than its time, or is much too early, is of another clock.
inline constexpr std::chrono::minutes kMaxCaptionDistance{2};

// A broken clock jumps for hours: the log gets at most one line about it in this time.
inline constexpr std::chrono::seconds kShiftLinePause{10};

class Publication {
public:
    // Begins the publisher's stream on the path. See Paths::publish().
    static std::expected<Publication, std::string> begin(Paths& paths, std::string const& path,
                                                         PathMatch const& match,
                                                         Publisher publisher, media::Tracks tracks);
    ~Publication();
    Publication(Publication&&) noexcept = default;
    Publication& operator=(Publication&&) = delete;

    // Hands the unit to all readers, with timestamps that they can trust.
    // REQUIRES: unit.track is an index of the tracks.
    void publish(media::Unit unit);
    // Gives a track another configuration, from its next unit on. at: the time of the change if
    // no unit has been published yet.
    void update_track(std::size_t index, media::Track track, base::Timestamp at = {});
    // Goes on with other tracks. Readers see the stream end and ask for it again, for no protocol
    // can tell them of another track. Returns false when another publisher has taken this one's
    // place: then there is nothing left to publish to.
    [[nodiscard]] bool renew(media::Tracks tracks);
    // What the publisher says of its media, for RTMP players that come later. It outlives renew().
    void describe(rtmp::Metadata metadata);
    // Tells a caption to whoever shows captions of this stream. Its times are the publisher's. One
    // without a language has the first that was announced; one that cannot be is counted as an
    // error. Without effect if the publisher has announced none (Publisher::caption_languages).
    void tell(media::Caption caption);
    // Counts something of the publisher's that could not be read.
    void count_frame_in_error() { stream_->count_frame_in_error(); }

    // Fetches the memory that publish() will touch (base::prefetch).
    void prefetch() const {
        stream_->prefetch();
        timeline_.prefetch();
    }

private:
    Publication(Paths& paths, std::shared_ptr<Stream> stream, SteadyPlace place)
        : paths_(&paths), stream_(std::move(stream)), place_(std::move(place)) {}
    void warn_of_jump(std::uint16_t track, base::Timestamp shift);

    Paths* paths_;
    std::shared_ptr<Stream> stream_;  // null once moved from
    SteadyPlace place_;               // on a path that is always available
    media::Timeline timeline_;
    log::LineLimit warnings_{kShiftLinePause};
    std::uint64_t jumps_since_warning_ = 0;
};

}  // namespace tidegate::router
