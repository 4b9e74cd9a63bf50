#include "mp4/recording_info.hpp"

#include <algorithm>

namespace tidegate::mp4 {

void write_recording_info(BoxWriter& out, RecordingInfo const& info) {
    auto const box = out.full_box("mtxi"_box);
    out.bytes(info.stream_id);
    out.u64(info.segment);
    out.u64(static_cast<std::uint64_t>(info.start_dts.count()));
    out.u64(static_cast<std::uint64_t>(info.start_time.count()));
}

std::optional<RecordingInfo> read_recording_info(base::ByteView payload) {
    base::ByteReader reader(payload);
    RecordingInfo info;
    read_full_box(reader);
    auto const id = reader.take(info.stream_id.size());
    info.segment = reader.u64();
    info.start_dts = std::chrono::nanoseconds(static_cast<std::int64_t>(reader.u64()));
    info.start_time = std::chrono::nanoseconds(static_cast<std::int64_t>(reader.u64()));
    if (reader.failed()) return std::nullopt;
    std::ranges::copy(id, info.stream_id.begin());
    return info;
}

}  // namespace tidegate::mp4
