#include "orchestrator/io/http/tokens.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/crypto/digest.hpp"
#include "base/crypto/secret.hpp"
#include "base/file_problem.hpp"
#include "base/random.hpp"

namespace tidegate::orchestrator {

namespace {

constexpr std::string_view kHashPrefix = "sha256:";
constexpr std::size_t kHashDigits = 64;
// Scanners for leaked secrets find tokens by such a beginning.
constexpr std::string_view kTokenPrefix = "tg_";

std::string_view take_word(std::string_view& line) {
    auto const begin = std::min(line.find_first_not_of(" \t"), line.size());
    line.remove_prefix(begin);
    auto const word = line.substr(0, line.find_first_of(" \t"));
    line.remove_prefix(word.size());
    return word;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kMaxTokenNameBytes &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
           });
}

std::optional<std::uint8_t> digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    return std::nullopt;
}

std::optional<base::Bytes> parse_hash(std::string_view text) {
    if (!text.starts_with(kHashPrefix)) return std::nullopt;
    text.remove_prefix(kHashPrefix.size());
    if (text.size() != kHashDigits) return std::nullopt;
    base::Bytes bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        auto const high = digit(text[i]);
        auto const low = digit(text[i + 1]);
        if (!high || !low) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
    }
    return bytes;
}

// Errors never repeat what a line has: somebody may have put a token there.
std::expected<Token, std::string> parse_line(std::string_view line) {
    auto const who = take_word(line);
    auto const role = parse_role(take_word(line));
    auto hash = parse_hash(take_word(line));
    if (!is_name(who)) return std::unexpected("the name has 1 to 64 of A-Z a-z 0-9 . _ -");
    if (!role) return std::unexpected("the second word is the role: viewer or operator");
    if (!hash) {
        return std::unexpected(
            "the third word is sha256: and the 64 digits of the token's hash in lower case");
    }
    if (!take_word(line).empty()) return std::unexpected("a line has three words");
    return Token{std::string(who), *role, std::move(*hash)};
}

// The whole file; the error is an errno, or -1 if it is too large.
std::expected<std::string, int> read_whole(int descriptor) {
    std::string text(kMaxTokensFileBytes + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        auto const count =
            pread(descriptor, text.data() + size, text.size() - size, static_cast<off_t>(size));
        if (count < 0) return std::unexpected(errno);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > kMaxTokensFileBytes) return std::unexpected(-1);
    text.resize(size);
    return text;
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    operator int() const { return number_; }

private:
    int number_;
};

std::expected<std::string, std::string> read_checked(int descriptor, std::string const& file) {
    struct stat about{};
    if (descriptor < 0 || fstat(descriptor, &about) != 0) {
        return std::unexpected(base::file_problem("open", file, errno));
    }
    if (!S_ISREG(about.st_mode)) return std::unexpected(file + " is not a file");
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return std::unexpected(file + " may be written by others than its owner: chmod go-w " +
                               file);
    }
    auto text = read_whole(descriptor);
    if (text) return *std::move(text);
    if (text.error() > 0) return std::unexpected(base::file_problem("read", file, text.error()));
    return std::unexpected(file + " has more than " + std::to_string(kMaxTokensFileBytes) +
                           " bytes");
}

std::string random_token() {
    return std::string(kTokenPrefix) + base::random_hex_id() + base::random_hex_id();
}

std::string line_of(Token const& token) {
    return token.name + " " + std::string(name(token.role)) + " " + std::string(kHashPrefix) +
           base::to_hex(token.sha256) + "\n";
}

}  // namespace

std::string_view name(Role role) {
    return role == Role::operator_ ? "operator" : "viewer";
}

std::optional<Role> parse_role(std::string_view text) {
    for (auto const role : {Role::viewer, Role::operator_}) {
        if (text == name(role)) return role;
    }
    return std::nullopt;
}

std::expected<std::vector<Token>, std::string> parse_tokens(std::string_view text) {
    std::vector<Token> tokens;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        auto const where = "line " + std::to_string(number) + ": ";
        auto const begin = line.find_first_not_of(" \t");
        if (begin == std::string_view::npos || line[begin] == '#') continue;
        auto token = parse_line(line);
        if (!token) return std::unexpected(where + token.error());
        for (auto const& other : tokens) {
            if (other.name == token->name) {
                return std::unexpected(where + "there is a token of this name already");
            }
            if (other.sha256 == token->sha256) {
                return std::unexpected(where + "this is the token of " + other.name);
            }
        }
        if (tokens.size() == kMaxTokens) {
            return std::unexpected(where + "more than " + std::to_string(kMaxTokens) + " tokens");
        }
        tokens.push_back(*std::move(token));
    }
    if (tokens.empty()) return std::unexpected("there is no token in it");
    return tokens;
}

std::expected<std::vector<Token>, std::string> read_tokens(std::string const& file) {
    Descriptor const descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    auto const text = read_checked(descriptor, file);
    if (!text) return std::unexpected(text.error());
    auto tokens = parse_tokens(*text);
    if (!tokens) return std::unexpected(file + ": " + tokens.error());
    return tokens;
}

Token const* find_token(std::vector<Token> const& tokens, std::string_view presented) {
    auto const hash = base::sha256(base::as_bytes(presented));
    Token const* found = nullptr;
    for (auto const& token : tokens) {
        if (base::equal_secrets(token.sha256, hash)) found = &token;
    }
    return found;
}

std::expected<std::string, std::string> add_token(std::string const& file, std::string_view name,
                                                  Role role) {
    if (!is_name(name)) return std::unexpected("a token's name has 1 to 64 of A-Z a-z 0-9 . _ -");
    Descriptor const descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600));
    if (descriptor >= 0) flock(descriptor, LOCK_EX);  // two of us add one after the other
    auto text = read_checked(descriptor, file);
    if (!text) return std::unexpected(text.error());
    auto const secret = random_token();
    Token const token{std::string(name), role, base::sha256(base::as_bytes(secret))};
    auto added = line_of(token);
    if (!text->empty() && !text->ends_with('\n')) added.insert(0, "\n");
    if (auto const whole = parse_tokens(*text + added); !whole) {
        return std::unexpected(file + ": " + whole.error());
    }
    auto const written = write(descriptor, added.data(), added.size());
    if (written != static_cast<ssize_t>(added.size()) || fsync(descriptor) != 0) {
        return std::unexpected(base::file_problem("write", file, errno));
    }
    return secret;
}

}  // namespace tidegate::orchestrator
