// An RTMP client that publishes. It keeps the client's media until the tracks are known and the
// client is accepted; then its publication begins, which ends when this object is destroyed. One
// event loop.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "flv/probe.hpp"
#include "router/paths/publication.hpp"
#include "rtmp/core/message.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::router {

class RtmpPublisher {
public:
    using Result = std::expected<void, std::string>;  // an error ends the connection

    RtmpPublisher(Paths& paths, std::string path, Publisher publisher);
    RtmpPublisher(RtmpPublisher const&) = delete;
    RtmpPublisher& operator=(RtmpPublisher const&) = delete;

    void on_metadata(rtmp::Metadata const& metadata);
    // Without effect before the publication begins: what is said then belongs to no picture.
    void on_caption(media::Caption&& caption);
    Result on_media(rtmp::MediaMessage&& message);
    // To be called every 100 ms or so: a client that sends nothing has sent all its headers.
    Result on_time();
    // The publication is allowed: the stream begins as soon as its tracks are known.
    Result accept(PathMatch match);

    // Fetches the memory that on_media() will touch (base::prefetch).
    void prefetch() const;

    bool publishing() const { return publication_.has_value(); }

private:
    Result begin_if_ready();
    Result probe(flv::Tag const& tag, media::Kind kind, base::Timestamp dts);
    Result forward(flv::Tag const& tag, media::Kind kind, base::Timestamp dts);
    Result forward(flv::SequenceHeader const& header, media::Kind kind, base::Timestamp dts);
    Result begin_late(media::Track track, std::uint8_t track_id);
    bool begins_late(flv::Frame const& frame, media::Kind kind) const;
    Result begin_late(flv::Frame const& frame);
    flv::LeftOutReason why_left_out(media::Kind kind, std::uint8_t track_id) const;
    void leave_out(std::string_view codec, media::Kind kind, std::uint8_t track_id,
                   flv::LeftOutReason reason);
    void learn(flv::Frame const& frame, std::uint16_t track);

    Paths& paths_;
    std::string const path_;
    std::string const prefix_;            // "[RTMP] [conn 10.0.0.5:40000]"
    std::optional<Publisher> publisher_;  // until the publication begins
    std::optional<PathMatch> match_;      // once accepted
    std::optional<flv::Probe> probe_{std::in_place};
    bool quiet_ = true;  // nothing has come since the last on_time()
    flv::VideoTags video_tags_;
    flv::TrackMap tracks_;
    flv::LeftOut left_out_;
    rtmp::Metadata metadata_;  // the last that came
    media::Tracks known_;      // with the configuration that came last
    std::optional<Publication> publication_;
};

}  // namespace tidegate::router
