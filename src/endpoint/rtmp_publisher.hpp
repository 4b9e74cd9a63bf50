// Publishes over RTMP: enhanced RTMP where FLV has no code of its own for a codec, or several
// tracks of a kind. One loop.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "endpoint/publisher.hpp"
#include "net/link.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/io/client.hpp"

namespace tidegate::endpoint {

class RtmpPublisher final : public Publisher, rtmp::ClientHandler {
public:
    RtmpPublisher(net::Link link, net::EventLoop& loop, rtmp::ClientUrl const& url,
                  Published published, PublisherTimes times, PublisherHandler& handler);

    boost::asio::awaitable<PublishEnd> run() override;
    void stop() override { client_.stop(); }
    void abandon(std::string reason) override { client_.abandon(std::move(reason)); }
    void begin() override;
    void update(base::Timestamp at) override;
    Sent send(media::Unit const& unit) override;
    void tell(media::Caption const& caption) override;
    net::WriteQueue& queue() override { return client_.media(); }

private:
    void on_accepted() override { handler_.on_accepted(); }
    void send_metadata();
    void send_headers(base::Timestamp at);
    bool push(rtmp::MessageHeader const& header, base::ByteView prefix,
              base::SharedBytes const& payload);

    media::Tracks const& tracks_;
    std::vector<std::string> const& caption_languages_;
    PublisherHandler& handler_;
    std::vector<std::optional<std::uint8_t>> ids_;  // by track; nullopt: RTMP cannot carry it
    std::uint32_t message_stream_ = 0;
    rtmp::Client client_;
};

}  // namespace tidegate::endpoint
