// An RTMP client that publishes: keeps its media until its tracks are known and it is accepted,
// then feeds the path's stream. From construction to destruction it is one publication. One event
// loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "flv/probe.hpp"
#include "media/timeline.hpp"
#include "router/paths/paths.hpp"
#include "rtmp/core/message.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::router {

// A line about time stamps that jump, at most so often: a broken clock goes on for hours.
inline constexpr std::chrono::seconds kShiftLinePause{10};

class RtmpPublisher {
public:
    using Result = std::expected<void, std::string>;  // an error ends the connection

    RtmpPublisher(Paths& paths, std::string path, Publisher publisher);
    ~RtmpPublisher();
    RtmpPublisher(RtmpPublisher const&) = delete;
    RtmpPublisher& operator=(RtmpPublisher const&) = delete;

    void on_metadata(rtmp::Metadata const& metadata);
    Result on_media(rtmp::MediaMessage&& message);
    // The publication is allowed: the stream begins as soon as its tracks are known.
    Result accept(PathMatch match);

    // Fetches what on_media() will touch.
    void prefetch() const;

    bool publishing() const { return stream_ != nullptr; }

private:
    Result begin_if_ready();
    Result probe(flv::Tag const& tag, media::Kind kind, base::Timestamp dts);
    Result forward(flv::Tag const& tag, media::Kind kind, base::Timestamp dts);
    Result forward(flv::SequenceHeader const& header, media::Kind kind, base::Timestamp dts);
    Result begin_late(media::Track track, std::uint8_t track_id);
    Result begin_late(flv::Frame const& frame);
    flv::LeftOutReason why_left_out(media::Kind kind) const;
    void leave_out(std::string_view codec, media::Kind kind, std::uint8_t track_id,
                   flv::LeftOutReason reason);
    void learn(flv::Frame const& frame, std::uint16_t track);
    void tell_of_shift(std::uint16_t track, base::Timestamp shift);
    void publish(media::Unit unit);

    Paths& paths_;
    std::string const path_;
    std::string const prefix_;            // "[RTMP] [conn 10.0.0.5:40000]"
    std::optional<Publisher> publisher_;  // until it is handed to the path
    std::optional<PathMatch> match_;      // once accepted
    std::optional<flv::Probe> probe_{std::in_place};
    flv::VideoTags video_tags_;
    flv::TrackMap tracks_;
    flv::LeftOut left_out_;
    rtmp::Metadata metadata_;  // the last that came
    media::Tracks known_;      // with the configuration that came last
    media::Timeline timeline_;
    std::uint64_t untold_shifts_ = 0;
    std::optional<std::chrono::steady_clock::time_point> told_shift_;
    std::shared_ptr<Stream> stream_;
};

}  // namespace tidegate::router
