#include "router/stream/fanout_batch.hpp"

namespace tidegate::router {

void FanoutBatch::join(Joined& joined, base::SharedBytes FanoutItem::* bytes) const {
    std::size_t size = 0;
    std::size_t parts = 0;
    FanoutItem const* last = nullptr;
    for (auto const& item : items_) {
        if ((item.*bytes).empty()) continue;
        last = &item;
        size += (item.*bytes).size();
        ++parts;
        joined.rtp_bytes += item.rtp_bytes;
        joined.messages += bytes == &FanoutItem::rtsp ? item.rtp_packets : 1U;
    }
    if (parts == 1) joined.bytes = last->*bytes;
    if (parts < 2 || (!copy_any_size_ && size > kAlwaysWorthACopy)) return;
    base::SharedBytesBuilder builder(size);
    for (auto const& item : items_) builder.append((item.*bytes).view());
    joined.bytes = std::move(builder).finish();
}

}  // namespace tidegate::router
