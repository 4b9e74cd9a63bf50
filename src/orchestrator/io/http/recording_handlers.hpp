// Answers the API's requests about recordings: GET /v1/streams/{id}/recordings/{side}, and POST
// .../start and .../stop. The HTTP server's loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "orchestrator/io/router/recordings.hpp"

namespace tidegate::orchestrator {

// Requests that may wait for the router at once. It reads many files for each.
inline constexpr std::size_t kMostRecordingRequests = 16;

class RecordingHandlers {
public:
    struct From {
        std::function<std::optional<Door>()> playback;  // the router's playback server
        // The switch of a path was turned, on or off.
        std::function<void(std::string const& stream_id, std::string_view path, bool on)> switched;
    };
    RecordingHandlers(RouterRecordings recordings, From from)
        : recordings_(std::move(recordings)), from_(std::move(from)) {}

    // ?from= and ?to= (RFC 3339) limit the spans; at most ?limit= of them, the newest.
    boost::asio::awaitable<http::Response> show(http::Request const& request);
    // The answer is that of show().
    boost::asio::awaitable<http::Response> switch_to(http::Request const& request, bool record);

private:
    boost::asio::awaitable<http::Response> answer(std::string path, RecordingsAsk ask);

    RouterRecordings recordings_;
    From const from_;
    std::size_t under_way_ = 0;
};

}  // namespace tidegate::orchestrator
