// Publishes over RTSP, interleaved in the one TCP connection: any number of tracks, each with its
// language and its name. All tracks have the same clock, and the sender reports say so exactly. One
// loop.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "endpoint/publisher.hpp"
#include "net/link.hpp"
#include "rtp/packetizer.hpp"
#include "rtsp/io/client.hpp"

namespace tidegate::endpoint {

// How often a track has a sender report, besides the one before its first packet. RFC 3550 §6.2
// has 5 s.
inline constexpr std::chrono::seconds kReportInterval{5};

class RtspPublisher final : public Publisher, rtsp::ClientHandler {
public:
    RtspPublisher(net::Link link, net::EventLoop& loop, rtsp::Url const& url, Published published,
                  PublisherHandler& handler);

    boost::asio::awaitable<PublishEnd> run() override;
    void abandon(std::string reason) override { client_.abandon(std::move(reason)); }
    void stop() override { client_.stop(); }
    void begin() override {}  // ANNOUNCE has said all
    // Pictures, and sound whose frames say what they are, go on with their new parameters. For
    // other sound the connection ends: over RTSP only a new one can tell them.
    void update(base::Timestamp at) override;
    Sent send(media::Unit const& unit) override;
    // By the clock of the sound of its language, once that has begun. After a server has refused
    // one, no others are sent: MediaMTX does not know them, and goes on.
    void tell(media::Caption const& caption) override;
    net::WriteQueue& queue() override { return client_.packets(); }

private:
    struct Lane {
        rtp::Packetizer packetizer;
        std::uint8_t channel = 0;
        std::optional<base::Timestamp> last_report;  // the time of the unit before which it went
    };

    void on_streaming(std::vector<rtsp::ClientTrack> const& tracks) override;
    void on_packet(std::uint16_t, bool, base::ByteView) override {}  // reports of the receiver
    // next: the packets that follow, which the packetizer has counted already.
    void report_if_due(Lane& lane, base::Timestamp pts, rtp::Train const& next);

    media::Tracks const& tracks_;
    PublisherHandler& handler_;
    std::vector<Lane> lanes_;  // by track
    // The wall clock at time 0 of all tracks; nullopt: nothing was sent.
    std::optional<std::chrono::nanoseconds> wall_of_zero_;
    rtsp::Client client_;
};

}  // namespace tidegate::endpoint
