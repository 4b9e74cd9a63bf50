#include "orchestrator/core/path_list.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace tidegate::orchestrator {

PathListAssembler::Status PathListAssembler::add(PathListPage page) {
    if (is_finished_ || pages_ >= kMaxPathListPages) return fail();
    if (pages_ == 0) {
        item_count_ = page.item_count;
        page_count_ = page.page_count;
    }
    if (page.item_count != item_count_ || page.page_count != page_count_) return fail();
    bool const is_empty = page.items.empty();
    if (items_.empty()) {
        items_ = std::move(page.items);
    } else {
        std::ranges::move(page.items, std::back_inserter(items_));
    }
    ++pages_;
    if (items_.size() > item_count_) return fail();
    if (pages_ < page_count_) return is_empty ? fail() : Status::more;
    if (items_.size() != item_count_ || has_a_name_twice()) return fail();
    is_finished_ = true;
    return Status::complete;
}

// A path may move to another page while we read. Routers sort their paths by name.
bool PathListAssembler::has_a_name_twice() const {
    std::vector<std::string_view> names;
    names.reserve(items_.size());
    for (auto const& item : items_) names.push_back(item.name);
    if (!std::ranges::is_sorted(names)) std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

PathListAssembler::Status PathListAssembler::fail() {
    is_finished_ = true;
    items_.clear();
    return Status::inconsistent;
}

}  // namespace tidegate::orchestrator
