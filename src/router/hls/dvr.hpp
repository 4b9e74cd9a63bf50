// GET /<path>/index.m3u8?start=<RFC 3339>: rewinds into the recording of a path. The answer is a
// multivariant playlist, whose media playlist has what was recorded from then on, and grows while
// the recording goes on. A request of this kind is no session: each has to be allowed by itself
// (playback), and none makes a muxer or starts a source on demand. Files are read on the threads
// for files, and go from there to the socket. The web loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hls/core/dvr_names.hpp"
#include "http/message.hpp"
#include "recording/rewind.hpp"
#include "router/hls/context.hpp"
#include "router/hls/dvr_places.hpp"

namespace tidegate::router {

// The longest query that is repeated behind each URI of a playlist of thousands. A token of 2 KB is
// long.
inline constexpr std::size_t kMaxDvrQuery = 4096;

class Dvr {
public:
    explicit Dvr(HlsContext const& context) : context_(context) {}

    // Whether the request for index.m3u8 asks for the recording.
    static bool is_asked(http::Request const& request);

    struct Ask {
        http::Request const& request;
        std::string_view path;
        std::string_view file;
        std::string_view query;  // raw
    };
    boost::asio::awaitable<http::Response> answer(Ask ask);

private:
    HlsContext const& context_;
    std::shared_ptr<recording::Rewind> const rewind_ = std::make_shared<recording::Rewind>();
    DvrPlaces places_;
};

}  // namespace tidegate::router
