// One look at the router's path list over all its pages. Complete only if every page came, each
// said the same itemCount, and the items add up without a repeated name; anything else is unknown,
// never empty. Pure; one assembler per look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tidegate::orchestrator {

// More pages than any router of ours serves; stops a listing that never ends.
inline constexpr std::size_t kMaxListPages = 10'000;

struct PathItem {
    std::string name;     // live/<id>/in, live/<id>/out, or any other
    bool online = false;  // `online`, or `ready` where that field is absent
    std::string source_id;
    std::string source_type;
    std::optional<std::string> query;  // if the router tells
    std::uint64_t inbound_bytes = 0;
};

struct ListPage {
    std::size_t item_count = 0;  // of all pages
    std::size_t page_count = 0;
    std::vector<PathItem> items;
};

class ListAssembler {
public:
    enum class Status { more, complete, inconsistent };

    // Pages in order, from page 0. After anything but `more` the assembler is spent.
    Status add(ListPage page);
    std::size_t next_page() const { return pages_; }
    // REQUIRES: status was complete.
    std::vector<PathItem> take() { return std::move(items_); }

private:
    Status fail();

    std::size_t pages_ = 0;
    std::size_t item_count_ = 0;
    std::size_t page_count_ = 0;
    bool spent_ = false;
    std::set<std::string, std::less<>> names_;
    std::vector<PathItem> items_;
};

}  // namespace tidegate::orchestrator
