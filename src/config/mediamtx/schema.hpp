// The one table of mediamtx.yml's keys: what each is called, which values it takes, what it is when
// absent, and whether this router acts on it. Decoding, defaults, environment and the Control API's
// answers are all driven by it. Internal to config/. Pure; any thread.
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

// How a value is written in an environment variable, and what null means for it (contract §1.3,
// §1.4).
enum class Shape {
    boolean,
    integer,
    real,
    text,        // null keeps the default
    coded_text,  // a duration, size or enumeration: null is the empty string
    list,        // of strings or numbers, comma-separated in the environment
    records,     // list of objects, addressed by index in the environment
};

struct Key;

struct Type {
    Shape shape;
    // Checks a value (never null) and gives it back as the Control API prints it.
    // path: "authInternalUsers[0].ips", for messages that carry it.
    Result<json::value> (*decode)(Type const& type, json::value const& value,
                                  std::string const& path);
    std::span<Key const> fields = {};                      // of records
    std::span<std::string_view const> words = {};          // of enumerations
    std::string_view error_before = {}, error_after = {};  // around a bad word
    std::string_view go_name = "string";                   // in type mismatch messages
    bool is_unsigned = false;                              // of integers
};

enum class Effect { used, none };

struct Key {
    std::string_view name;
    Type const* type;
    std::string_view fallback;  // default, as JSON
    Effect effect = Effect::none;
    bool deprecated = false;  // absent from answers unless set
};

std::span<Key const> global_keys();
std::span<Key const> path_keys();
Key const* find_key(std::span<Key const> keys, std::string_view name);

// Whether null means "as if not given": yes in a path's entry, where every key is optional.
enum class Nulls { strict, optional };

// Checks every member against the keys; what is left are the members given, in the table's order.
// prefix: of the names in messages ("pathDefaults"), empty for none.
Result<json::object> decode_object(std::span<Key const> keys, json::value const& value,
                                   std::string const& prefix, Nulls nulls);

// The keys' defaults, without the deprecated ones, overlaid by what was given.
json::object with_defaults(std::span<Key const> keys, json::object const& given);

// "json: cannot unmarshal string into Go value of type bool"
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
