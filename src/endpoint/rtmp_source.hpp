// A source over RTMP. All its tracks share one clock, so they need no alignment. The tracks are
// found in the same way as those of the router's publishers (flv/probe.hpp). One loop.
#pragma once

#include <optional>

#include "endpoint/source.hpp"
#include "flv/probe.hpp"
#include "flv/tag.hpp"
#include "net/link.hpp"
#include "rtmp/io/client.hpp"

namespace tidegate::endpoint {

class RtmpSource final : public Source, rtmp::ClientHandler {
public:
    RtmpSource(net::Link link, net::EventLoop& loop, rtmp::ClientUrl const& url,
               std::string const& program, SourceHandler& handler);

    boost::asio::awaitable<std::string> run() override;
    void stop() override { client_.stop(); }
    void abandon(std::string reason) override { client_.abandon(std::move(reason)); }

private:
    void on_accepted() override { handler_.on_accepted(); }
    void on_media(rtmp::MediaMessage&& message) override;
    void on_metadata(rtmp::Metadata&& metadata) override;
    void on_read_end() override;

    void probe(flv::Tag const& tag, media::Kind kind, base::Timestamp dts);
    void forward(flv::Tag const& tag, media::Kind kind, base::Timestamp dts);
    void forward(flv::SequenceHeader const& header, media::Kind kind);
    void learn(flv::Frame const& frame, std::uint16_t track);
    void change(std::uint16_t track, media::Track changed);

    SourceHandler& handler_;
    rtmp::Client client_;
    std::optional<flv::Probe> probe_{std::in_place};  // until the tracks are known
    flv::VideoTags video_tags_;
    rtmp::Metadata metadata_;  // the last that came before
    flv::TrackMap map_;
    media::Tracks tracks_;
    std::vector<media::Unit> units_;  // of one read
};

}  // namespace tidegate::endpoint
