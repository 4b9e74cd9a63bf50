// Finds whole units in fragmented MP4 (live.mp4): the table of a moof box says how long the units
// of the mdat box behind it are. A unit's first bytes are looked at, the rest is stepped over. One
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "load/unit_sink.hpp"

namespace tidegate::bench {

class LiveScanner {
public:
    // False: not an HTTP answer with such a file.
    bool feed(base::ByteView bytes, UnitSink& sink);

private:
    enum class State : std::uint8_t { http, box, moof, skip, units };
    // Enough for the SEI message at the front of a picture, and the time code.
    static constexpr std::size_t kLookedAt = 96;
    static constexpr std::size_t kMaxKept = 64 * 1024;  // an HTTP header or a moof box

    bool gather(base::ByteView& bytes, std::size_t size);
    bool http(base::ByteView& bytes);
    bool box(base::ByteView& bytes);
    void read_moof();
    void step(base::ByteView& bytes, UnitSink& sink);

    State state_ = State::http;
    base::Bytes kept_;
    std::uint64_t left_ = 0;  // of the box, or of the unit
    std::vector<std::uint32_t> sizes_;
    std::size_t unit_ = 0;
    std::array<std::uint8_t, kLookedAt> head_{};
    std::size_t head_size_ = 0;
};

}  // namespace tidegate::bench
