#include "rtmp/core/amf0.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace tidegate::rtmp::amf0 {

namespace {

// Type markers (§2.1).
constexpr std::uint8_t kNumber = 0x00;
constexpr std::uint8_t kBoolean = 0x01;
constexpr std::uint8_t kString = 0x02;
constexpr std::uint8_t kObject = 0x03;
constexpr std::uint8_t kNull = 0x05;
constexpr std::uint8_t kUndefined = 0x06;
constexpr std::uint8_t kEcmaArray = 0x08;
constexpr std::uint8_t kObjectEnd = 0x09;
constexpr std::uint8_t kStrictArray = 0x0a;
constexpr std::uint8_t kDate = 0x0b;
constexpr std::uint8_t kLongString = 0x0c;
constexpr std::uint8_t kUnsupported = 0x0d;
constexpr std::uint8_t kXmlDocument = 0x0f;
constexpr std::uint8_t kTypedObject = 0x10;

constexpr std::size_t kMaxShortString = std::numeric_limits<std::uint16_t>::max();

std::unexpected<std::string> unsupported(std::uint8_t marker) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return std::unexpected(std::string("unsupported marker 0x") + kDigits[marker >> 4] +
                           kDigits[marker & 15]);
}

std::unexpected<std::string> truncated() {
    return std::unexpected(std::string("AMF0 value is cut off"));
}

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

Value const* Object::find(std::string_view name) const {
    auto const found = std::ranges::find(members, name, &Member::name);
    return found == members.end() ? nullptr : &found->value;
}

std::string Object::text(std::string_view name) const {
    auto const* const value = find(name);
    auto const* const string = value == nullptr ? nullptr : value->string();
    return string == nullptr ? std::string() : *string;
}

Object&& Object::with(std::string name, Value value) && {
    members.push_back({std::move(name), std::move(value)});
    return std::move(*this);
}

bool Object::operator==(Object const& other) const {
    return ecma_array == other.ecma_array && members == other.members;
}

bool StrictArray::operator==(StrictArray const& other) const {
    return elements == other.elements;
}

bool Value::operator==(Value const& other) const {
    return storage_ == other.storage_;
}

bool Member::operator==(Member const& other) const {
    return name == other.name && value == other.value;
}

std::optional<double> Value::number() const {
    auto const* const value = std::get_if<double>(&storage_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<bool> Value::boolean() const {
    auto const* const value = std::get_if<bool>(&storage_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::uint32_t> to_u32(double number) {
    // NaN compares false with everything, so it is refused here.
    if (!(number >= 0.0 && number <= 4294967295.0)) return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

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
    in_.skip(4);  // the count, which encoders get wrong: the end marker decides
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

void write(base::Bytes& out, Value const& value) {
    std::visit(Writer{out}, value.storage());
}

base::Bytes write_all(std::initializer_list<Value> values) {
    base::Bytes out;
    for (auto const& value : values) write(out, value);
    return out;
}

}  // namespace tidegate::rtmp::amf0
