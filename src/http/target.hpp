// The target of a request line (RFC 9112 §3.2): origin-form, absolute-form and "*". Any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::http {

struct Target {
    std::string path;                                        // decoded; "*" for the asterisk form
    std::vector<std::pair<std::string, std::string>> query;  // decoded, "+" is a space
};

// Tolerates every byte that the request line may hold, but not a broken percent-encoding, an
// encoded NUL or a fragment. The error is a sentence.
std::expected<Target, std::string> parse_target(std::string_view target);

}  // namespace tidegate::http
