// The bearer tokens of media-service (RFC 6750). The file has a line for each: its name, its role,
// and the SHA-256 of the token, never the token itself:
//
//     # who has it, what it may do, what it hashes to
//     wall-display  viewer sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//
// Pure but for read_tokens() and add_token(). Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace tidegate::orchestrator {

// A viewer sees all that there is. An operator may also change it.
enum class Role : std::uint8_t { viewer, operator_ };

std::string_view name(Role role);  // "viewer", "operator"
std::optional<Role> parse_role(std::string_view text);

struct Token {
    std::string name;
    Role role = Role::viewer;
    base::Bytes sha256;  // 32 bytes

    bool operator==(Token const&) const = default;
};

// One for each person and program; the hash of every one is compared with each request's.
inline constexpr std::size_t kMaxTokens = 256;
inline constexpr std::size_t kMaxTokensFileBytes = 64 * 1024;  // 256 lines with long comments
inline constexpr std::size_t kMaxTokenNameBytes = 64;
// A token that we make has 67 bytes. Others may come from elsewhere.
inline constexpr std::size_t kMaxTokenBytes = 512;

// All tokens of a file's text, or a sentence about its first error: "line 3: ...". A file without a
// token is an error: it would let nobody in.
std::expected<std::vector<Token>, std::string> parse_tokens(std::string_view text);

// Reads the file. The error is a sentence with the file's name, also when others than its owner may
// write it: they could let themselves in.
std::expected<std::vector<Token>, std::string> read_tokens(std::string const& file);

// Whose token this is; null: nobody's. Takes the same time whichever token it is.
Token const* find_token(std::vector<Token> const& tokens, std::string_view presented);

// Makes a token of 256 random bits, and adds its line to the file, which is made if it is not there
// (readable by its owner only). Returns the token, which is written nowhere; or why there is none,
// such as that the name has a token.
std::expected<std::string, std::string> add_token(std::string const& file, std::string_view name,
                                                  Role role);

}  // namespace tidegate::orchestrator
