// AMF0 (Action Message Format AMF0, 2007): the encoding of RTMP commands and of onMetaData. This
// header has the values, the reader and the writer. Values are plain and own their content; strings
// are bytes, which may contain NUL and need not be UTF-8. Any thread; a Reader is used by one.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"

namespace tidegate::rtmp::amf0 {

class Value;
struct Member;

struct Null {
    bool operator==(Null const&) const = default;
};
struct Undefined {
    bool operator==(Undefined const&) const = default;
};
struct Date {
    double milliseconds = 0;  // since 1970, UTC
    bool operator==(Date const&) const = default;
};

// The members stand in wire order. A name may occur several times; find() returns the first. The
// class name of a typed object is not kept.
struct Object {
    std::vector<Member> members;
    bool ecma_array = false;  // it came as an ECMA array, and is written as one

    // nullptr when there is no such member.
    Value const* find(std::string_view name) const;
    // The string of a member; empty when there is no such member, or it is of another type.
    std::string text(std::string_view name) const;
    // Adds a member: Object{}.with("app", "live").with("audioCodecs", 10.0)
    Object&& with(std::string name, Value value) &&;
    bool operator==(Object const&) const;
};

struct StrictArray {
    std::vector<Value> elements;
    bool operator==(StrictArray const&) const;
};

template <typename Type, typename... Listed>
concept OneOf = (std::same_as<Type, Listed> || ...);
template <typename Type>
concept Storable = OneOf<Type, Null, Undefined, double, bool, std::string, Object, StrictArray,
                         Date, char const*, std::string_view>;

class Value {
public:
    using Storage =
        std::variant<Null, Undefined, double, bool, std::string, Object, StrictArray, Date>;

    Value() = default;
    // A template, because Value's alternatives must be complete where it is compiled.
    template <typename Type>
        requires Storable<Type>
    Value(Type value) : storage_(convert(std::move(value))) {}

    Storage const& storage() const { return storage_; }
    // Each returns nullptr or nullopt when the value is of another type.
    std::string const* string() const { return std::get_if<std::string>(&storage_); }
    Object const* object() const { return std::get_if<Object>(&storage_); }
    StrictArray const* array() const { return std::get_if<StrictArray>(&storage_); }
    std::optional<double> number() const;
    std::optional<bool> boolean() const;
    bool operator==(Value const&) const;

private:
    template <typename Type>
    static auto convert(Type value) {
        if constexpr (std::convertible_to<Type, std::string_view>) {
            return std::string(std::move(value));
        } else {
            return value;
        }
    }

    Storage storage_;
};

struct Member {
    std::string name;
    Value value;
    bool operator==(Member const&) const;
};

// The integer part of a number; nullopt for NaN, infinities, negative numbers and numbers that do
// not fit 32 bits.
std::optional<std::uint32_t> to_u32(double number);

// How deep values may be nested. onMetaData has three levels; the limit keeps the recursion far
// from the end of the stack.
inline constexpr int kMaxDepth = 32;
// How many values one message may have. A value can have one byte on the wire and 60 in memory.
inline constexpr std::size_t kMaxElements = 4096;

// Reads values one after the other from a message body, which must outlive the reader. The memory
// that it uses follows from the bytes that are there, never from a count that the message declares.
class Reader {
public:
    explicit Reader(base::ByteView bytes) : in_(bytes) {}

    bool done() const { return in_.remaining() == 0; }
    // The next value. The error is a sentence, e.g. "unsupported marker 0x07"; after it the reader
    // must not be used.
    std::expected<Value, std::string> next() { return read_value(0); }

private:
    using Read = std::expected<Value, std::string>;
    Read read_value(int depth);
    Read read_compound(std::uint8_t marker, int depth);
    Read read_object(int depth);
    Read read_ecma_array(int depth);
    Read read_strict_array(int depth);
    Read read_string(std::size_t size);
    // Reads members up to the end marker.
    std::expected<void, std::string> read_members(Object& object, bool end_may_miss, int depth);

    base::ByteReader in_;
    std::size_t elements_ = 0;
};

// Appends one value. The names of members are cut after 65,535 bytes: their length has 16 bits.
void write(base::Bytes& out, Value const& value);
base::Bytes write_all(std::initializer_list<Value> values);

}  // namespace tidegate::rtmp::amf0
