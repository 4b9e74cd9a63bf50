// Reads the target of a request line (RFC 9112 §3.2): "/path?query", "http://host/path?query" or
// "*". Pure; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::http {

struct Target {
    std::string path;                                        // decoded; "*" for the target "*"
    std::vector<std::pair<std::string, std::string>> query;  // decoded; "+" is a space
};

// Accepts every byte that a request line may have. Refuses a broken percent-encoding, an encoded
// NUL, a fragment, and a URL that is neither http nor https. The error is a sentence.
std::expected<Target, std::string> parse_target(std::string_view target);

}  // namespace tidegate::http
