// Finds whole messages in RTMP chunks (RTMP 1.0 §5.3) without joining them: a body's first bytes
// are looked at, the rest is stepped over. This is what lets one core read for a thousand clients.
// One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "load/unit_sink.hpp"

namespace tidegate::bench {

class RtmpScanner {
public:
    // skip: bytes in front of the first chunk (the handshake).
    RtmpScanner(std::size_t skip, std::uint32_t chunk_size)
        : skip_(skip), chunk_size_(chunk_size) {}

    // False: not RTMP as this scanner knows it.
    bool feed(base::ByteView bytes, UnitSink& sink);

private:
    // Enough for the FLV head, parameter sets before the SEI message, and the time code.
    static constexpr std::size_t kLookedAt = 160;
    static constexpr std::size_t kMaxHeader = 18;
    static constexpr std::size_t kStreams = 64;  // one-byte basic headers; servers use no others

    struct Stream {
        std::uint32_t length = 0;
        std::uint32_t remaining = 0;
        std::uint8_t type = 0;
        bool extended = false;
    };

    bool header(base::ByteView& bytes);
    bool begin_chunk(base::ByteView header);
    static std::size_t header_size(base::ByteView bytes, Stream const* streams);
    void payload(base::ByteView& bytes, UnitSink& sink);
    void message(Stream const& stream, UnitSink& sink);

    std::size_t skip_;
    std::uint32_t chunk_size_;
    std::uint32_t chunk_remaining_ = 0;
    std::uint8_t current_ = 0;
    std::array<Stream, kStreams> streams_{};
    std::array<std::uint8_t, kMaxHeader> stash_{};
    std::size_t stashed_ = 0;
    // The head of the message in progress. Servers do not interleave two messages' chunks within
    // their first bytes: a head belongs to head_of_.
    std::array<std::uint8_t, kLookedAt> head_{};
    std::size_t head_size_ = 0;
    std::uint8_t head_of_ = 0;
    std::uint32_t window_ = 0;
    std::uint32_t received_ = 0;
    std::uint32_t acknowledged_ = 0;
};

}  // namespace tidegate::bench
