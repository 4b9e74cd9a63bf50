#include "floor/stream.hpp"

#include <algorithm>

namespace tidegate::bench {

void Stream::take(base::ByteView frame, bool video, FloorMode mode, std::int64_t window_ns,
                  std::int64_t now_ns) {
    if (mode == FloorMode::unit) return write_all(frame);
    if (mode == FloorMode::packet) return write_packets(frame);
    gathered.insert(gathered.end(), frame.begin(), frame.end());
    if (mode == FloorMode::ride && video) return flush();
    if (flush_at_ns == 0) flush_at_ns = now_ns + window_ns;
}

void Stream::flush() {
    write_all(gathered);
    gathered.clear();
    flush_at_ns = 0;
}

void Stream::write_all(base::ByteView bytes) {
    for (auto* const reader : readers) write_to(*reader, bytes);
}

void Stream::write_packets(base::ByteView train) {
    static constexpr std::size_t kHeader = 4;
    while (train.size() >= kHeader) {
        auto const size =
            std::min(kHeader + static_cast<std::size_t>(train[2] << 8 | train[3]), train.size());
        write_all(train.first(size));
        train = train.subspan(size);
    }
}

}  // namespace tidegate::bench
