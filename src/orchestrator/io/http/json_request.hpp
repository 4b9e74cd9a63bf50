// Whether a request says that its body is JSON. A browser lets any web page send text/plain or a
// form to us, but not this type. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/lower_case.hpp"
#include "http/message.hpp"

namespace tidegate::orchestrator {

inline std::string lower_trimmed(std::string_view text) {
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return base::lower_case(text);
}

inline bool is_json(http::Request const& request) {
    auto const type = request.header("content-type").value_or("");
    return lower_trimmed(type.substr(0, type.find(';'))) == "application/json";
}

}  // namespace tidegate::orchestrator
