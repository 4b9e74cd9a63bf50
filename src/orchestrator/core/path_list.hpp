// The router's list of paths, which it serves in pages, put together again. The list is complete
// only if every page came, each page named the same total, and the items add up to that total
// without a repeated name. Paths come and go while we read the pages; a list that does not add up
// is unknown, never empty. Pure. One assembler for each reading of the list.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tidegate::orchestrator {

// No router has that many pages. The limit ends a list that would never end by itself.
inline constexpr std::size_t kMaxPathListPages = 10'000;

// One track of a path. 0 and empty: the router does not tell it.
struct PathTrack {
    std::string codec;  // "H264", "MPEG-4 Audio", ...
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::string profile{};  // of the video
    std::string level{};
    std::uint32_t sample_rate = 0;
    std::uint32_t channels = 0;
    std::string language{};  // "es"; MediaMTX tells neither it nor the name
    std::string name{};

    auto operator<=>(PathTrack const&) const = default;
};

// Most paths have the same tracks as others: these are kept once.
using SharedTracks = std::shared_ptr<std::vector<PathTrack> const>;

// One path, as far as we need it.
struct PathItem {
    std::string name;                  // live/<id>/in, live/<id>/out, or anything else
    bool online = false;               // has a stream now
    std::string source_id;             // the publisher's, empty: the router named none
    std::string source_type;           // "rtmpConn", ...
    std::optional<std::string> query;  // the publisher's; nullopt: this router does not tell it
    std::uint64_t inbound_bytes = 0;   // received from the publisher so far
    std::uint64_t outbound_bytes = 0;  // sent to readers so far
    std::size_t readers = 0;
    SharedTracks tracks{};  // null: there are none
    bool recorded = false;  // the router's configuration says so
    // When its source came, in microseconds since the epoch by the router's clock; nullopt: the
    // router does not tell.
    std::optional<std::int64_t> began{};
};

struct PathListPage {
    std::size_t item_count = 0;  // in all pages together
    std::size_t page_count = 0;
    std::vector<PathItem> items;
};

class PathListAssembler {
public:
    enum class Status {
        more,          // ask for next_page()
        complete,      // take() has the list
        inconsistent,  // the pages contradict each other: nothing is known
    };

    // Takes the pages in order, from page 0. After any answer but `more`, the next page is
    // `inconsistent`.
    Status add(PathListPage page);
    // The number of the page to ask for next.
    std::size_t next_page() const { return pages_; }
    // The whole list. REQUIRES: add() has answered `complete`.
    std::vector<PathItem> take() { return std::move(items_); }

private:
    Status fail();
    bool has_a_name_twice() const;

    std::size_t pages_ = 0;  // taken so far
    std::size_t item_count_ = 0;
    std::size_t page_count_ = 0;
    bool is_finished_ = false;
    std::vector<PathItem> items_;
};

}  // namespace tidegate::orchestrator
