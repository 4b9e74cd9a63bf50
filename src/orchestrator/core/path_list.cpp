#include "orchestrator/core/path_list.hpp"

#include <algorithm>
#include <iterator>

namespace tidegate::orchestrator {

PathListAssembler::Status PathListAssembler::add(PathListPage page) {
    if (is_finished_ || pages_ >= kMaxPathListPages) return fail();
    if (pages_ == 0) {
        item_count_ = page.item_count;
        page_count_ = page.page_count;
    }
    if (page.item_count != item_count_ || page.page_count != page_count_) return fail();
    for (auto const& item : page.items) {
        if (!names_.insert(item.name).second)
            return fail();  // it moved to another page while we read
    }
    std::ranges::move(page.items, std::back_inserter(items_));
    ++pages_;
    if (items_.size() > item_count_) return fail();
    if (pages_ < page_count_) return page.items.empty() ? fail() : Status::more;
    if (items_.size() != item_count_) return fail();
    is_finished_ = true;
    return Status::complete;
}

PathListAssembler::Status PathListAssembler::fail() {
    is_finished_ = true;
    items_.clear();
    names_.clear();
    return Status::inconsistent;
}

}  // namespace tidegate::orchestrator
