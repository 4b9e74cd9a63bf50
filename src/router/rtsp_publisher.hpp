// An RTSP client that publishes over its TCP connection (contract §7.8): from an accepted ANNOUNCE
// to the end of the session. Its packets become access units again, so that every reader gets the
// same bytes whatever the publisher speaks. One event loop.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "media/timeline.hpp"
#include "router/paths.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/reception.hpp"
#include "rtsp/core/sdp.hpp"

namespace tidegate::router {

class RtspPublisher {
public:
    RtspPublisher(Paths& paths, std::string path, PathMatch match,
                  rtsp::SessionDescription description);
    ~RtspPublisher();
    RtspPublisher(RtspPublisher const&) = delete;
    RtspPublisher& operator=(RtspPublisher const&) = delete;

    // RECORD: the stream begins. The error is the contract's sentence (§2.4).
    std::expected<void, std::string> begin(Publisher publisher);
    // PAUSE: the stream ends; RECORD may begin another.
    void end();

    // media: index of the description's medias.
    void on_rtp(std::uint16_t media, base::ByteView packet, base::Timestamp arrival);

    std::uint64_t packets() const { return packets_; }
    std::uint64_t packets_in_error() const { return packets_in_error_; }
    std::uint64_t packets_lost() const;
    std::uint64_t bytes() const { return bytes_; }
    double jitter() const;

private:
    struct Lane {
        std::uint16_t track;  // in the stream
        rtp::Depacketizer depacketizer;
        rtp::ReceptionStatistics statistics;
        bool started = false;
    };

    bool is_described(std::uint16_t media, base::ByteView packet) const;
    void align(Lane& lane, base::ByteView packet, base::Timestamp arrival);

    Paths& paths_;
    std::string const path_;
    PathMatch const match_;
    rtsp::SessionDescription const description_;
    std::vector<std::optional<Lane>> lanes_;  // by media; none where the codec is not carried
    std::vector<media::Unit> units_;
    media::Timeline timeline_;
    std::shared_ptr<Stream> stream_;
    std::optional<base::Timestamp> first_arrival_;
    std::uint64_t packets_ = 0;
    std::uint64_t packets_in_error_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace tidegate::router
