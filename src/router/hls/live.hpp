// GET /<path>/live.mp4: a stream as one MP4 file without an end. The answer's Content-Type names
// the codecs, which Media Source Extensions want to know before they get any bytes. The web loop
// only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "router/hls/context.hpp"
#include "router/hls/live_channel.hpp"

namespace tidegate::router {

// The file's name below a path.
inline constexpr char kLiveFile[] = "live.mp4";

// A publisher that sends its parameter sets with its pictures may begin with others; the codecs are
// known when they have come. Encoders send a key frame every 10 s at the longest.
inline constexpr std::chrono::seconds kLiveParametersWait{10};

class Live {
public:
    explicit Live(HlsContext const& context)
        : context_(context), channels_(context.services.web.index()) {}

    struct Ask {
        http::Request const& request;
        std::string_view path;
        std::string_view query;  // raw
        bool trusted = false;    // it has the CDN's secret
    };
    boost::asio::awaitable<http::Response> answer(Ask ask);
    void end_all(std::string_view reason) { channels_.end_all(reason); }

private:
    HlsContext const& context_;
    LiveChannels channels_;
};

// Of the query: video=<n> or none, audio=<n> or none. The error is a sentence.
std::expected<LiveChoice, std::string> live_choice_of(http::Request const& request);

}  // namespace tidegate::router
