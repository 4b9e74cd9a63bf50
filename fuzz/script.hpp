// A fuzzer's bytes as a row of choices: what is mutated is then a sequence of steps, and only
// within them the bytes on the wire. At its end every choice is the first one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace tidegate::fuzz {

class Script {
public:
    Script(std::uint8_t const* data, std::size_t size) : rest_(data, size) {}

    bool done() const { return rest_.empty(); }
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        auto const value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }
    std::size_t two_bytes() {
        std::size_t const high = byte();
        return high << 8 | byte();
    }
    bool flag() { return (byte() & 1U) != 0; }
    std::size_t below(std::size_t count) { return byte() % count; }
    template <class T, std::size_t N>
    T const& pick(std::array<T, N> const& choices) {
        return choices[below(N)];
    }
    // The bounds of things, or any.
    std::uint32_t number() {
        static constexpr std::array<std::uint32_t, 14> kBounds{
            0,      1,        2,        3,         127,        128,        4096,
            65'535, 0xFFFFFE, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
        auto const choice = byte();
        if (choice < kBounds.size()) return kBounds[choice];
        if (choice < 128) return choice;
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i) value = value << 8 | byte();
        return value;
    }
    base::ByteView bytes(std::size_t most) {
        auto const taken = rest_.first(std::min(most, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    std::string_view text(std::size_t most) {
        auto const taken = bytes(below(most + 1));
        return {reinterpret_cast<char const*>(taken.data()), taken.size()};
    }
    // Changes a few bytes of what a step has made, in one of eight steps.
    void damage(base::Bytes& wire) {
        if (wire.empty() || below(8) != 7) return;
        for (auto left = below(4) + 1; left > 0; --left) {
            auto const at = two_bytes() % wire.size();
            wire[at] = byte();
        }
        if (flag()) wire.resize(wire.size() - byte() % (wire.size() + 1));
    }

private:
    base::ByteView rest_;
};

// Hands bytes on in pieces whose sizes the script chooses; each piece is a copy of exactly that
// size, so that the address sanitizer sees a read beyond it. feed(piece) says whether to go on.
template <class Feed>
bool in_pieces(Script& script, base::ByteView bytes, Feed feed) {
    auto const choice = script.byte();
    auto const size = choice < 128 ? std::max<std::size_t>(bytes.size(), 1) : choice - 127U;
    while (!bytes.empty()) {
        auto const part = bytes.first(std::min(size, bytes.size()));
        base::Bytes const copy(part.begin(), part.end());
        if (!feed(base::ByteView(copy))) return false;
        bytes = bytes.subspan(part.size());
    }
    return true;
}

}  // namespace tidegate::fuzz
