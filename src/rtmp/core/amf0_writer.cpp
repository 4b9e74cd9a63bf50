#include "rtmp/core/amf0_writer.hpp"

#include <bit>
#include <limits>

#include "rtmp/core/amf0_marker.hpp"

namespace tidegate::rtmp::amf0 {

namespace {

constexpr std::size_t kMaxShortString = std::numeric_limits<std::uint16_t>::max();

struct Writer {
    base::Bytes& out;
    base::ByteWriter bytes{out};

    void operator()(Null) { bytes.u8(kNull); }
    void operator()(Undefined) { bytes.u8(kUndefined); }
    void operator()(double value) {
        bytes.u8(kNumber);
        bytes.u64(std::bit_cast<std::uint64_t>(value));
    }
    void operator()(bool value) {
        bytes.u8(kBoolean);
        bytes.u8(static_cast<std::uint8_t>(value));
    }
    void operator()(std::string const& value) {
        auto const is_long = value.size() > kMaxShortString;
        bytes.u8(is_long ? kLongString : kString);
        if (is_long) {
            bytes.u32(value.size());
        } else {
            bytes.u16(value.size());
        }
        bytes.text(value);
    }
    void operator()(Object const& value) {
        bytes.u8(value.ecma_array ? kEcmaArray : kObject);
        if (value.ecma_array) bytes.u32(value.members.size());
        for (auto const& member : value.members) {
            auto const name = std::string_view(member.name).substr(0, kMaxShortString);
            bytes.u16(name.size());
            bytes.text(name);
            write(out, member.value);
        }
        bytes.u16(0U);
        bytes.u8(kObjectEnd);
    }
    void operator()(StrictArray const& value) {
        bytes.u8(kStrictArray);
        bytes.u32(value.elements.size());
        for (auto const& element : value.elements) write(out, element);
    }
    void operator()(Date const& value) {
        bytes.u8(kDate);
        bytes.u64(std::bit_cast<std::uint64_t>(value.milliseconds));
        bytes.u16(0U);
    }
};

}  // namespace

void write(base::Bytes& out, Value const& value) {
    std::visit(Writer{out}, value.storage());
}

base::Bytes write_all(std::initializer_list<Value> values) {
    base::Bytes out;
    for (auto const& value : values) write(out, value);
    return out;
}

}  // namespace tidegate::rtmp::amf0
