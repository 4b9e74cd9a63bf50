// Byte buffers, views of them, and a big-endian reader and writer that check their bounds. Every
// parser and writer of a wire format here is made of these. Any thread. A view and a reader own
// nothing: the bytes must outlive them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tidegate::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<std::uint8_t const>;

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

// Reads unsigned big-endian integers from a view, from its start on. A read past the end fails and
// the reader stays failed: this read and all later ones return 0 or an empty view. A parser
// therefore checks failed() once, after its last read.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
    std::uint32_t u24() { return static_cast<std::uint32_t>(big_endian(3)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
    std::uint64_t u64() { return big_endian(8); }
    std::uint32_t u32_little_endian();

    // The next `count` bytes; fails when fewer remain.
    ByteView take(std::size_t count);
    void skip(std::size_t count) { take(count); }
    ByteView rest() { return take(remaining()); }

    std::size_t remaining() const { return bytes_.size() - position_; }
    std::size_t position() const { return position_; }  // bytes read so far
    bool failed() const { return failed_; }

private:
    std::uint64_t big_endian(std::size_t count);

    ByteView bytes_;
    std::size_t position_ = 0;
    bool failed_ = false;
};

// Appends big-endian integers, bytes and text to a buffer that it does not own. u24() and the other
// narrow ones write the low bits of a wider value.
class ByteWriter {
public:
    explicit ByteWriter(Bytes& out) : out_(out) {}

    void u8(std::unsigned_integral auto value) { big_endian(value, 1); }
    void u16(std::unsigned_integral auto value) { big_endian(value, 2); }
    void u24(std::unsigned_integral auto value) { big_endian(value, 3); }
    void u32(std::unsigned_integral auto value) { big_endian(value, 4); }
    void u64(std::uint64_t value) { big_endian(value, 8); }
    void u32_little_endian(std::uint32_t value);
    void bytes(ByteView view) { out_.insert(out_.end(), view.begin(), view.end()); }
    void text(std::string_view view) { bytes(as_bytes(view)); }

private:
    void big_endian(std::uint64_t value, int count) {
        for (int shift = (count - 1) * 8; shift >= 0; shift -= 8) {
            out_.push_back(static_cast<std::uint8_t>(value >> shift));
        }
    }

    Bytes& out_;
};

}  // namespace tidegate::base
