// An RTSP client that publishes over its TCP connection: from an accepted ANNOUNCE to the end of
// the session, with a publication from RECORD to PAUSE. Packets become access units again, so that
// every reader gets the same bytes whatever the publisher speaks. One event loop.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "router/paths/publication.hpp"
#include "rtp/receiver.hpp"
#include "rtp/reception.hpp"
#include "rtsp/core/caption.hpp"
#include "rtsp/core/sdp.hpp"

namespace tidegate::router {

// How long a publisher's first units wait for the sender reports of all its tracks: FFmpeg's are
// the first that it sends, GStreamer's come at RFC 3550's pace (§6.2: after 3.1 s at most).
inline constexpr std::chrono::milliseconds kPublisherReportWait{3100};

// Captions that come before the sound by whose clock they are timed has its place, which takes as
// long.
inline constexpr std::size_t kMaxEarlyCaptions = 32;

class RtspPublisher {
public:
    RtspPublisher(Paths& paths, std::string path, PathMatch match,
                  rtsp::SessionDescription description);
    ~RtspPublisher();
    RtspPublisher(RtspPublisher const&) = delete;
    RtspPublisher& operator=(RtspPublisher const&) = delete;

    // RECORD: the stream begins. The error is a sentence for the client.
    std::expected<void, std::string> begin(Publisher publisher);
    // PAUSE: the stream ends; RECORD may begin another.
    void end();

    // media: index of the description's medias.
    void on_rtp(std::uint16_t media, base::ByteView packet, base::Timestamp arrival);
    void on_rtcp(std::uint16_t media, std::vector<rtp::RtcpPacket> const& reports,
                 base::Timestamp arrival);
    void on_caption(rtsp::Caption&& caption);
    // Publishes what has waited long enough. To be called at least once a second.
    void on_time(base::Timestamp now);

    // What has come since the last unit of each track: unfinished units, and those that wait.
    std::size_t unfinished_bytes() const;

    std::uint64_t packets() const { return packets_; }
    std::uint64_t packets_in_error() const { return packets_in_error_; }
    std::uint64_t packets_lost() const;
    std::uint64_t bytes() const { return bytes_; }
    double jitter() const;

private:
    bool is_described(std::uint16_t media, base::ByteView packet) const;
    void publish_units();
    std::optional<base::Timestamp> begin_of(rtsp::Caption const& caption) const;
    void tell_early_captions();

    Paths& paths_;
    std::string const path_;
    PathMatch const match_;
    rtsp::SessionDescription const description_;
    // By media: the stream's track; none where the codec is not carried.
    std::vector<std::optional<std::uint16_t>> track_of_;
    std::vector<rtp::ReceptionStatistics> statistics_;  // by track
    std::optional<rtp::Receiver> receiver_;
    std::vector<std::size_t> unfinished_;  // by track
    std::vector<media::Unit> units_;
    std::vector<rtsp::Caption> early_captions_;
    std::optional<Publication> publication_;
    std::uint64_t packets_ = 0;
    std::uint64_t packets_in_error_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace tidegate::router
