// Changes of the configuration that the Control API asks for. The JSON body of a request is merged
// into what was set before (Conf::document). The result is a document for build(), which checks it
// as a whole. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::config::mediamtx {

struct EditError {
    enum class Kind : std::uint8_t { invalid, no_such_path };
    Kind kind = Kind::invalid;
    std::string message;  // MediaMTX's words
};

using Edited = std::expected<boost::json::object, EditError>;

// The keys of the body get its values; a key with null stays as it is. add_path() refuses a name
// that exists, and replace_path() adds one that does not.
Edited patch_global(boost::json::object document, std::string_view body);
Edited patch_path_defaults(boost::json::object document, std::string_view body);

Edited add_path(boost::json::object document, std::string_view name, std::string_view body);
Edited patch_path(boost::json::object document, std::string_view name, std::string_view body);
Edited replace_path(boost::json::object document, std::string_view name, std::string_view body);
Edited remove_path(boost::json::object document, std::string_view name);

}  // namespace tidegate::config::mediamtx
