#include "rtmp/core/amf0_reader.hpp"

#include <bit>

#include "rtmp/core/amf0_marker.hpp"

namespace tidegate::rtmp::amf0 {

namespace {

std::unexpected<std::string> unsupported(std::uint8_t marker) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return std::unexpected(std::string("unsupported marker 0x") + kDigits[marker >> 4] +
                           kDigits[marker & 15]);
}

std::unexpected<std::string> truncated() {
    return std::unexpected(std::string("AMF0 value is cut off"));
}

}  // namespace

Reader::Read Reader::read_value(int depth) {
    if (depth > kMaxDepth) return std::unexpected(std::string("AMF0 values are nested too deeply"));
    if (++elements_ > kMaxElements) return std::unexpected(std::string("too many AMF0 values"));
    auto const marker = in_.u8();
    if (in_.failed()) return truncated();
    switch (marker) {
        case kNumber: {
            auto const bits = in_.u64();
            if (in_.failed()) return truncated();
            return Value(std::bit_cast<double>(bits));
        }
        case kBoolean: {
            auto const byte = in_.u8();
            if (in_.failed()) return truncated();
            return Value(byte != 0);
        }
        case kString:
            return read_string(in_.u16());
        case kLongString:
        case kXmlDocument:
            return read_string(in_.u32());
        case kNull:
            return Value(Null{});
        case kUndefined:
        case kUnsupported:
            return Value(Undefined{});
        default:
            return read_compound(marker, depth);
    }
}

Reader::Read Reader::read_compound(std::uint8_t marker, int depth) {
    switch (marker) {
        case kObject:
            return read_object(depth);
        case kTypedObject:
            in_.skip(in_.u16());
            return read_object(depth);
        case kEcmaArray:
            return read_ecma_array(depth);
        case kStrictArray:
            return read_strict_array(depth);
        case kDate: {
            auto const bits = in_.u64();
            in_.skip(2);  // time zone: reserved, to be ignored (§2.13)
            if (in_.failed()) return truncated();
            return Value(Date{std::bit_cast<double>(bits)});
        }
        default:
            return unsupported(marker);
    }
}

Reader::Read Reader::read_string(std::size_t size) {
    auto const bytes = in_.take(size);
    if (in_.failed()) return truncated();
    return Value(std::string(base::as_text(bytes)));
}

Reader::Read Reader::read_object(int depth) {
    Object object;
    if (auto read = read_members(object, false, depth); !read) return std::unexpected(read.error());
    return Value(std::move(object));
}

Reader::Read Reader::read_ecma_array(int depth) {
    in_.skip(4);  // the count: encoders write anything, the end marker decides
    if (in_.failed()) return truncated();
    Object object;
    object.ecma_array = true;
    if (auto read = read_members(object, true, depth); !read) return std::unexpected(read.error());
    return Value(std::move(object));
}

std::expected<void, std::string> Reader::read_members(Object& object, bool end_may_miss,
                                                      int depth) {
    for (;;) {
        if (end_may_miss && done()) return {};
        auto const name = in_.take(in_.u16());
        if (in_.failed()) return truncated();
        if (name.empty() && in_.remaining() > 0) {
            auto after = in_;
            if (after.u8() == kObjectEnd) {
                in_ = after;
                return {};
            }
        }
        auto value = read_value(depth + 1);
        if (!value) return std::unexpected(std::move(value.error()));
        object.members.push_back({std::string(base::as_text(name)), std::move(*value)});
    }
}

Reader::Read Reader::read_strict_array(int depth) {
    StrictArray array;
    for (auto left = in_.u32(); left > 0; --left) {
        auto value = read_value(depth + 1);
        if (!value) return value;
        array.elements.push_back(std::move(*value));
    }
    if (in_.failed()) return truncated();
    return Value(std::move(array));
}

}  // namespace tidegate::rtmp::amf0
