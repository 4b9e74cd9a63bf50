#include "router/stream/gop_cache.hpp"

#include "base/memory_pressure.hpp"

namespace tidegate::router {

void GopCache::add(FanoutItem const& item, bool starts) {
    if (starts) clear();
    if (items_.empty() && !starts) return;
    items_.push_back(item);
    bytes_ += item.memory();
    give_up_if_too_large();
}

void GopCache::clear() {
    items_.clear();
    bytes_ = 0;
}

void GopCache::complete(std::function<void(FanoutItem&)> const& make) {
    bytes_ = 0;
    for (auto& item : items_) {
        make(item);
        bytes_ += item.memory();
    }
    give_up_if_too_large();
}

void GopCache::give_up_if_too_large() {
    if (items_.empty()) return;
    auto const length = items_.back().unit.dts - items_.front().unit.dts;
    bool const too_large =
        bytes_ > kMaxGopBytes || items_.size() > kMaxGopUnits || length > kMaxGopTime;
    if (too_large || base::memory_is_short()) items_ = {}, bytes_ = 0;
}

}  // namespace tidegate::router
