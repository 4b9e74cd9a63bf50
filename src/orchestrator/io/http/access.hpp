// Who may do what at media-service. A client proves itself by a bearer token (tokens.hpp), or by
// the address that it comes from. A hook may prove itself by a signature instead. One event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_network.hpp"
#include "http/message.hpp"
#include "metrics/registry.hpp"
#include "orchestrator/io/http/tokens.hpp"

namespace tidegate::orchestrator {

struct AccessSettings {
    std::string tokens_file{};  // empty: there are no tokens
    // Addresses whose clients are operators without a token. Empty: this machine (loopback) if
    // there are no tokens, nobody otherwise: a reverse proxy on this machine would let everybody
    // in.
    std::vector<std::string> open_to{};
    // With which hooks are signed. Empty: a hook needs what an operator needs.
    std::string hook_secret{};
};

// A hook's signature is valid for so long, before and after: clocks of two machines may differ by
// seconds. A hook that is sent again within this time does no harm: it is a hint.
inline constexpr std::chrono::seconds kSignatureAge{300};
inline constexpr std::string_view kSignatureHeader = "x-hook-signature";

// How often a refusal is logged; the line says how many there were.
inline constexpr std::chrono::seconds kRefusalLogInterval{1};

// Who sends a request.
struct Client {
    Role role = Role::viewer;
    std::string name{};  // of the token; empty: its address lets it in
};

class Access {
public:
    explicit Access(AccessSettings settings, metrics::Registry& registry);

    // Reads the tokens' file. After an error the tokens are those from before, and none at first.
    // True: a token that was there is not there any more, or may do something else.
    std::expected<bool, std::string> load();
    bool has_file() const { return !settings_.tokens_file.empty(); }
    std::string const& file() const { return settings_.tokens_file; }

    // The client, or the answer that refuses it: 400, 401 or 403.
    std::expected<Client, http::Response> identify(http::Request const& request) const;
    // nullopt: the client has this role. Logs and counts a refusal, and logs what an operator does.
    std::optional<http::Response> refusal(http::Request const& request, Role needed);
    // The same for a hook, once its body is there: it is signed, or comes from an operator.
    std::optional<http::Response> hook_refusal(http::Request const& request);

private:
    bool is_open_to(http::Request const& request) const;
    bool is_signed(http::Request const& request) const;
    http::Response refuse(http::Request const& request, http::Response response);

    AccessSettings const settings_;
    std::vector<config::IpNetwork> open_to_;
    std::vector<Token> tokens_;
    metrics::Counter& unknown_;    // 401
    metrics::Counter& forbidden_;  // 403
    std::chrono::steady_clock::time_point next_line_{};
    std::int64_t unlogged_ = 0;
};

// What kSignatureHeader has: "t=<seconds since 1970>,sha256=<64 digits>", the HMAC-SHA256 of
// "<seconds>.<path>.<body>" with the secret as its key. path: that of the request, which says what
// kind of event the body is.
std::string hook_signature(std::string_view secret, std::int64_t seconds, std::string_view path,
                           std::string_view body);

// Why the text is no list of networks for AccessSettings::open_to; nullopt: it is one.
std::optional<std::string> open_to_problem(std::string const& text);

}  // namespace tidegate::orchestrator
