#include "router/stream/fanout_batch.hpp"

namespace tidegate::router {

void FanoutBatch::join(WireForm form, Joined& joined) const {
    std::size_t size = 0;
    std::size_t parts = 0;
    FanoutItem const* last = nullptr;
    for (auto const& item : items_) {
        if (item.as(form).empty()) continue;
        last = &item;
        size += item.as(form).size();
        ++parts;
        joined.rtp_bytes += item.rtp.bytes;
        joined.messages += item.messages(form);
    }
    if (parts == 1) joined.bytes = last->as(form);
    if (parts < 2 || (!copy_any_size_ && size > kAlwaysWorthACopy)) return;
    base::SharedBytesBuilder builder(size);
    for (auto const& item : items_) builder.append(item.as(form).view());
    joined.bytes = std::move(builder).finish();
}

}  // namespace tidegate::router
