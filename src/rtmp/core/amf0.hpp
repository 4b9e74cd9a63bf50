// AMF0 values, the arguments of RTMP commands (Action Message Format AMF0, 2007). Plain values; any
// thread. Strings are bytes: they may hold NUL and need not be UTF-8.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

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

// Members in wire order; names may repeat, the first one counts. A typed object's class name is not
// kept.
struct Object {
    std::vector<Member> members;
    bool ecma_array = false;

    Value const* find(std::string_view name) const;
    Object&& with(std::string name, Value value) &&;  // for building replies
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
    // A template, so that it is compiled where Member is complete.
    template <typename Type>
        requires Storable<Type>
    Value(Type value) : storage_(convert(std::move(value))) {}

    Storage const& storage() const { return storage_; }
    // nullptr or nullopt when the value is of another type.
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

// The number as an unsigned integer; nullopt for NaN, infinities, negative ones and what 32 bits
// cannot hold.
std::optional<std::uint32_t> to_u32(double number);

}  // namespace tidegate::rtmp::amf0
