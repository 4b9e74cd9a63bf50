// Writes boxes inside boxes. The size of a box is filled in when the box ends. Used by one thread
// at a time.
//   BoxWriter out;
//   {
//       auto const moov = out.box("moov"_box);
//       ...
//   }
//   auto const bytes = std::move(out).finish();
#pragma once

#include <cassert>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "mp4/box.hpp"

namespace tidegate::mp4 {

class BoxWriter {
public:
    // A box that is being written; it ends when this object is destroyed.
    class [[nodiscard]] Scope {
    public:
        Scope(BoxWriter& writer, std::size_t at) : writer_(writer), at_(at) {}
        ~Scope() { writer_.end(at_); }
        Scope(Scope const&) = delete;
        Scope& operator=(Scope const&) = delete;

    private:
        BoxWriter& writer_;
        std::size_t at_;
    };

    // capacity: how many bytes are reserved now. More are reserved when they are needed.
    explicit BoxWriter(std::size_t capacity = 1024) : out_(capacity) {}

    Scope box(BoxType type) {
        auto const at = out_.size();
        u32(0U);
        u32(type);
        return {*this, at};
    }
    // Begins a box with a version and flags (§4.2.2).
    Scope full_box(BoxType type, std::uint8_t version = 0, std::uint32_t flags = 0) {
        auto const at = out_.size();
        u32(0U);
        u32(type);
        u32(std::uint32_t{version} << 24 | flags);
        return {*this, at};
    }

    void u8(std::unsigned_integral auto value) { put(value, 1); }
    void u16(std::unsigned_integral auto value) { put(value, 2); }
    void u24(std::unsigned_integral auto value) { put(value, 3); }
    void u32(std::unsigned_integral auto value) { put(value, 4); }
    void u64(std::uint64_t value) { put(value, 8); }
    void i32(std::int32_t value) { put(static_cast<std::uint32_t>(value), 4); }
    // Writes 64 bits in version 1 and 32 bits in version 0.
    void versioned(std::uint8_t version, std::uint64_t value) { put(value, version == 1 ? 8 : 4); }
    void zeros(std::size_t count) { std::memset(out_.extend(count), 0, count); }
    void bytes(base::ByteView view) { out_.append(view); }
    // Fills reserved room with 32-bit words. The caller writes nothing else until it is full.
    class Words {
    public:
        explicit Words(std::uint8_t* at) : at_(at) {}
        void u32(std::uint64_t value) {
            store(at_, value, 4);
            at_ += 4;
        }

    private:
        std::uint8_t* at_;
    };
    Words words(std::size_t count) { return Words(out_.extend(4 * count)); }
    void text(std::string_view view) { bytes(base::as_bytes(view)); }

    // REQUIRES: every box has ended.
    base::SharedBytes finish() && { return std::move(out_).finish(); }

private:
    static void store(std::uint8_t* at, std::uint64_t value, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            at[i] = static_cast<std::uint8_t>(value >> 8 * (count - 1 - i));
        }
    }
    void put(std::uint64_t value, unsigned count) { store(out_.extend(count), value, count); }
    void end(std::size_t at) {
        auto const size = out_.size() - at;
        // Only boxes of media are larger, and those are not written here.
        assert(size <= kMax32);
        store(out_.extend(0) - size, size, 4);
    }

    base::SharedBytesBuilder out_;
};

}  // namespace tidegate::mp4
