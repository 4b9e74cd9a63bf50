// Answers the API's requests about recordings: GET /v1/streams/{id}/recordings/{side}, and POST
// .../start and .../stop. The HTTP server's loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "orchestrator/io/router/recordings.hpp"

namespace tidegate::orchestrator {

// Requests that may wait for the router at once. It reads many files for each.
inline constexpr std::size_t kMostRecordingRequests = 16;

// A router whose recordings are asked for.
struct RecordingRouter {
    RouterAccess access;
    std::optional<Door> playback;  // its playback server; nullopt: not known yet
};

class RecordingHandlers {
public:
    struct From {
        // The router that has this stream, or of this name; the error is a sentence.
        std::function<std::expected<RecordingRouter, std::string>(std::string const& stream_id,
                                                                  std::string_view router)>
            router;
        // The switch of a path was turned, on or off.
        std::function<void(std::string const& stream_id, std::string_view path, bool on)> switched;
    };
    explicit RecordingHandlers(From from) : from_(std::move(from)) {}

    // ?from= and ?to= (RFC 3339) limit the spans; at most ?limit= of them, the newest. ?router=
    // names the router, if it is not the one that has the stream.
    boost::asio::awaitable<http::Response> show(http::Request const& request);
    // The answer is that of show().
    boost::asio::awaitable<http::Response> switch_to(http::Request const& request, bool record);

private:
    // What a request is about.
    struct Asked {
        std::string path;
        RecordingRouter router;
    };
    std::expected<Asked, http::Response> asked_of(http::Request const& request) const;

    From const from_;
    std::size_t under_way_ = 0;
};

}  // namespace tidegate::orchestrator
