#include "rtp/train.hpp"

#include <cstring>

#include "rtp/limits.hpp"

namespace tidegate::rtp {

std::optional<InterleavedFrame> next_frame(base::ByteView& rest) {
    if (rest.size() < kInterleavedHeaderSize || rest[0] != '$') return std::nullopt;
    auto const size = static_cast<std::size_t>(rest[2] << 8 | rest[3]);
    if (rest.size() - kInterleavedHeaderSize < size) return std::nullopt;
    InterleavedFrame const frame{rest[1], rest.subspan(kInterleavedHeaderSize, size)};
    rest = rest.subspan(kInterleavedHeaderSize + size);
    return frame;
}

base::SharedBytes patch_channel(base::SharedBytes const& frames, std::uint8_t channel) {
    base::SharedBytesBuilder copy(frames.size());
    auto* const bytes = copy.extend(frames.size());
    if (frames.empty()) return {};
    std::memcpy(bytes, frames.data(), frames.size());
    auto rest = frames.view();
    for (auto at = bytes; next_frame(rest); at = bytes + (frames.size() - rest.size())) {
        at[1] = channel;
    }
    return std::move(copy).finish();
}

base::SharedBytes interleave(std::uint8_t channel, base::ByteView packet) {
    base::SharedBytesBuilder frame(kInterleavedHeaderSize + packet.size());
    std::uint8_t const head[] = {'$', channel, static_cast<std::uint8_t>(packet.size() >> 8),
                                 static_cast<std::uint8_t>(packet.size())};
    frame.append(head);
    frame.append(packet);
    return std::move(frame).finish();
}

}  // namespace tidegate::rtp
