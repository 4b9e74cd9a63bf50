// A source over RTSP. The server's sender reports say how its tracks lie on one timeline
// (rtp/receiver.hpp). One loop.
#pragma once

#include <optional>

#include "endpoint/source.hpp"
#include "net/link.hpp"
#include "rtp/receiver.hpp"
#include "rtsp/io/client.hpp"

namespace tidegate::endpoint {

// How long the first units wait for sender reports, which routers send with a track's first packet.
inline constexpr std::chrono::milliseconds kReportWait{150};

class RtspSource final : public Source, rtsp::ClientHandler {
public:
    RtspSource(net::Link link, net::EventLoop& loop, rtsp::Url const& url,
               std::chrono::milliseconds silence, std::string const& program,
               SourceHandler& handler);

    boost::asio::awaitable<std::string> run() override;
    void stop() override { client_.stop(); }
    void abandon(std::string reason) override { client_.abandon(std::move(reason)); }
    void on_time(net::LoopClock::time_point now) override;
    std::uint64_t packets_lost() const override;
    base::Timestamp sync_error(std::size_t track) const override;

private:
    void on_streaming(std::vector<rtsp::ClientTrack> const& tracks) override;
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override;
    void on_read_end() override { handler_.on_read_end(); }
    void on_rtcp(std::uint16_t track, base::ByteView packet, base::Timestamp arrival);
    void hand_on();

    net::EventLoop& loop_;
    SourceHandler& handler_;
    rtsp::Client client_;
    std::optional<rtp::Receiver> receiver_;
    std::vector<media::Unit> units_;
};

}  // namespace tidegate::endpoint
