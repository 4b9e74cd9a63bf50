// The table of all keys of mediamtx.yml: name, type, default, and whether the key has an effect in
// this router. Decoding, defaults, environment variables and the answers of the Control API all
// follow it. Internal to this folder. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace tidegate::config::mediamtx {

namespace json = boost::json;

template <class T>
using Result = std::expected<T, std::string>;

// The kind of a value. It decides how an environment variable is read, and what null means.
enum class Shape {
    boolean,
    integer,
    real,
    text,        // null: the default
    coded_text,  // a duration, size or enumeration; null: the empty string
    list,        // of strings or numbers; in a variable, separated by commas
    records,     // a list of objects; a variable names one of them by its index
};

struct Key;

struct Type {
    Shape shape;
    // Checks a value, which is not null, and returns it as the Control API prints it. path: where
    // it stands, "authInternalUsers[0].ips", for messages.
    Result<json::value> (*decode)(Type const& type, json::value const& value,
                                  std::string const& path);
    std::span<Key const> fields = {};                      // of records: the keys of one
    std::span<std::string_view const> words = {};          // of enumerations: what is accepted
    std::string_view error_before = {}, error_after = {};  // the message around a bad word
    std::string_view go_name = "string";                   // what mismatch() calls the type
    bool is_unsigned = false;                              // of integers
};

enum class Effect { used, none };  // none: this router ignores the key

struct Key {
    std::string_view name;
    Type const* type;
    std::string_view fallback;  // the default, as JSON
    Effect effect = Effect::none;
    bool deprecated = false;  // the API shows it only if it was given
};

std::span<Key const> global_keys();
std::span<Key const> path_keys();
// Null: there is no such key.
Key const* find_key(std::span<Key const> keys, std::string_view name);

// optional: null means that the key was not given, as in the entry of a path. strict: see Shape.
enum class Nulls { strict, optional };

// Checks every member of an object. Returns those that were given, decoded, in the table's order.
// prefix: what stands before the names in messages ("pathDefaults"); empty: nothing.
Result<json::object> decode_object(std::span<Key const> keys, json::value const& value,
                                   std::string const& prefix, Nulls nulls);

// What was given, and the defaults of all other keys that are not deprecated.
json::object with_defaults(std::span<Key const> keys, json::object const& given);

// The message about a value of a wrong type: "json: cannot unmarshal string into Go value of type
// bool".
std::string mismatch(json::value const& value, std::string_view go_type);

namespace types {
extern Type const kBool, kInt, kUint, kFloat, kString, kDuration, kSize, kCredential;
extern Type const kStringList, kUintList, kFloatList, kNetworks;
extern Type const kLogLevel, kLogDestinations, kEncryption, kAuthMethod, kAuthAction;
extern Type const kRtspTransports, kRtspAuthMethods, kRtspTransport, kRtspRangeType;
extern Type const kHlsVariant, kRecordFormat, kMoqTransport;
extern Type const kPermissions, kUsers, kIceServers, kForward, kAvailableTracks;
}  // namespace types

}  // namespace tidegate::config::mediamtx
