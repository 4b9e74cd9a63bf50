// The answer to GET /v1/streams, made of one text a stream that is kept until the stream changes:
// with 1,000 streams, making it anew costs tens of milliseconds of the loop that also starts
// workers. On the server's loop.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/core/view.hpp"
#include "orchestrator/io/http/stream_book.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

class StreamList {
public:
    // The whole body: {"itemCount":N,"items":[...]}, by stream id. Takes the fleet's views.
    std::string text(StreamBook const& book, std::vector<StreamView> views, PidOf const& pid_of);

private:
    struct Item {
        std::optional<StreamView> view;
        std::uint64_t last_event = 0;  // its sequence in the book; 0: no hook has named it
        std::string text;
        std::uint64_t listed = 0;  // the last list that had it
    };
    void list(std::string const& stream_id, std::optional<StreamView> view,
              StreamRecord const* record, PidOf const& pid_of, std::string& out);

    std::map<std::string, Item, std::less<>> items_;
    std::uint64_t lists_ = 0;
};

}  // namespace tidegate::orchestrator
