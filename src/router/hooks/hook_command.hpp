// A hook's command line: split into words as go-shellquote does, then each word expanded as Go's
// os.Expand does; no shell, and quotes do not protect '$'. Pure; any thread.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::router {

// Longest command and longest result of it: far over any sensible one, far under the kernel's
// ARG_MAX.
inline constexpr std::size_t kMaxCommandBytes = 64 * 1024;

// Words by sh's rules: blanks, '...', "..." and backslash. The error is a sentence.
std::expected<std::vector<std::string>, std::string> split_command(std::string_view command);

// $NAME, ${NAME} and the one-character specials ($1, $$, $?, ...) are replaced by what `value`
// gives.
std::string expand_variables(std::string_view word,
                             std::function<std::string_view(std::string_view name)> const& value);

// Go's url.QueryEscape: keeps A-Za-z0-9-_.~, a blank becomes '+', the rest %XX in upper case.
std::string query_escape(std::string_view text);

}  // namespace tidegate::router
