// Makes the answers to GET /v1/streams: pages of streams, sorted by id. Their number of bytes and
// the time that they take are bounded, however many streams there are. The HTTP server's loop only.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/io/http/hook_history.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

// Streams of a page, unless the client asks for another number, and at most. A stream takes ten
// to twenty-five microseconds, and a page must not keep the loop for more than five milliseconds:
// it also starts workers.
inline constexpr std::size_t kUsualPage = 100;
inline constexpr std::size_t kLargestPage = 150;
// Streams that are looked at for a page, which a filter may pass over. A page of fewer streams than
// were asked for may have a next one.
inline constexpr std::size_t kMostPassedOver = 5'000;
inline constexpr std::size_t kMostFields = 32;  // more than a stream has

struct StreamQuery {
    std::string after;  // the cursor: the id of the last stream of the page before; empty: none
    std::size_t limit = kUsualPage;
    std::optional<Shown> state;
    std::string prefix;  // of the id
    std::string router;  // that has the stream; empty: any
    std::vector<std::string>
        fields;  // of a stream's object, besides streamId; empty: the usual ones
};

// Reads ?cursor=, limit=, state=, prefix=, router= and fields=. The error is a sentence.
std::expected<StreamQuery, std::string> parse_stream_query(http::Request const& request);

// Who tells a field that is not part of a stream's usual object: "media" or "figures".
using ExtraField = std::function<boost::json::value(
    std::string const& field, std::string const& stream_id, std::optional<StreamView> const& view)>;

// What pages are made of. All must outlive the page.
struct StreamSource {
    HookHistory const& hooks;
    Fleet const& fleet;
    std::function<StreamView(std::string const& id, StreamState const&)> view;
    SiteOf site_of;
    ExtraField extra;
};

// {"itemCount": of this page, "streamCount": that are known, "next": cursor or null, "items":[...]}
std::string stream_page(StreamSource const& source, StreamQuery const& query);

}  // namespace tidegate::orchestrator
