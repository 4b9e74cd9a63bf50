// The box `mtxi` in the user data of MediaMTX's recordings. It tells which part of a stream the
// file is. A plain value; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "mp4/box_writer.hpp"

namespace tidegate::mp4 {

struct RecordingInfo {
    std::array<std::uint8_t, 16> stream_id{};  // one per run of the recorder
    std::uint64_t segment = 0;                 // its number in the run
    std::chrono::nanoseconds start_dts{};      // of the segment, on the stream's clock
    std::chrono::nanoseconds start_time{};     // the same on the wall clock, since 1970
    bool operator==(RecordingInfo const&) const = default;
};

void write_recording_info(BoxWriter& out, RecordingInfo const& info);
// payload: of the box, with its version and flags. nullopt when it is too short.
std::optional<RecordingInfo> read_recording_info(base::ByteView payload);

}  // namespace tidegate::mp4
