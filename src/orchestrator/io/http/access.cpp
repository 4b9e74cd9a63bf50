#include "orchestrator/io/http/access.hpp"

#include <algorithm>
#include <utility>

#include "base/crypto/digest.hpp"
#include "base/crypto/secret.hpp"
#include "base/lower_case.hpp"
#include "base/number.hpp"
#include "log/log.hpp"
#include "orchestrator/io/http/problem.hpp"

namespace tidegate::orchestrator {

namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr char const* kLoopback[] = {"127.0.0.0/8", "::1"};
constexpr std::string_view kChallenge = "Bearer realm=\"media-service\"";

constexpr std::string_view kNoToken =
    "a token is needed: Authorization: Bearer <token>; media-service --make-token makes one";
constexpr std::string_view kUnknownToken = "nobody has this token";
constexpr std::string_view kClosed =
    "media-service has no tokens, so it answers programs on its own machine only; --tokens-file "
    "opens it";
constexpr std::string_view kOnlyOperators = "a viewer may see everything, but change nothing";
constexpr std::string_view kUnsigned =
    "hooks are signed with HOOK_SECRET, and this one is not, or with another one, or too long ago";

// b64token of RFC 6750 §2.1.
bool is_token_text(std::string_view text) {
    return !text.empty() && text.size() <= kMaxTokenBytes && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~+/=").contains(c);
    });
}

// The token of the header; nullopt: the header has another scheme, or nothing that is a token.
std::optional<std::string_view> bearer(std::string_view header) {
    if (header.size() < kScheme.size()) return std::nullopt;
    if (base::lower_case(std::string(header.substr(0, kScheme.size()))) != kScheme) {
        return std::nullopt;
    }
    auto token = header.substr(kScheme.size());
    while (token.starts_with(' ')) token.remove_prefix(1);
    while (token.ends_with(' ')) token.remove_suffix(1);
    return is_token_text(token) ? std::optional(token) : std::nullopt;
}

http::Response unauthorized(std::string_view detail, std::string_view error = {}) {
    auto response = problem(Problem::unauthorized, detail);
    std::string challenge(kChallenge);
    if (!error.empty()) challenge.append(", error=\"").append(error).append("\"");
    response.headers.emplace_back("WWW-Authenticate", std::move(challenge));
    return response;
}

std::int64_t now_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::size_t count_of(http::Request const& request, std::string_view header) {
    return static_cast<std::size_t>(std::ranges::count_if(
        request.headers, [&](auto const& one) { return one.first == header; }));
}

}  // namespace

Access::Access(AccessSettings settings, metrics::Registry& registry)
    : settings_(std::move(settings)),
      unknown_(registry.counter("tidegate_access_refused_total",
                                "Requests refused to clients that may not do this",
                                {{"status", "401"}})),
      forbidden_(registry.counter("tidegate_access_refused_total",
                                  "Requests refused to clients that may not do this",
                                  {{"status", "403"}})) {
    auto const add = [&](std::string_view text) {
        if (auto const network = config::IpNetwork::parse(text)) open_to_.push_back(*network);
    };
    std::ranges::for_each(settings_.open_to, add);
    if (settings_.open_to.empty() && !has_file()) std::ranges::for_each(kLoopback, add);
}

std::expected<bool, std::string> Access::load() {
    if (!has_file()) return false;
    auto tokens = read_tokens(settings_.tokens_file);
    if (!tokens) return std::unexpected(tokens.error());
    bool const less = std::ranges::any_of(tokens_, [&](Token const& before) {
        return std::ranges::find(*tokens, before) == tokens->end();
    });
    tokens_ = *std::move(tokens);
    return less;
}

bool Access::is_open_to(http::Request const& request) const {
    return std::ranges::any_of(
        open_to_, [&](auto const& network) { return network.contains(request.remote_ip); });
}

std::expected<Client, http::Response> Access::identify(http::Request const& request) const {
    auto const given = count_of(request, "authorization");
    if (given > 1) {
        return std::unexpected(problem(Problem::bad_request, "Authorization is given twice"));
    }
    // Whoever shows a token is judged by it. Without tokens, a header means nothing.
    if (given == 1 && has_file()) {
        auto const token = bearer(*request.header("authorization"));
        auto const* const found = token ? find_token(tokens_, *token) : nullptr;
        if (found != nullptr) return Client{found->role, found->name};
        return std::unexpected(unauthorized(token ? kUnknownToken : kNoToken, "invalid_token"));
    }
    if (is_open_to(request)) return Client{.role = Role::operator_};
    if (has_file()) return std::unexpected(unauthorized(kNoToken));
    return std::unexpected(problem(Problem::closed, kClosed));
}

std::optional<http::Response> Access::refusal(http::Request const& request, Role needed) {
    auto const client = identify(request);
    if (!client) return refuse(request, client.error());
    if (needed == Role::viewer) return std::nullopt;
    if (client->role != Role::operator_) {
        return refuse(request, problem(Problem::only_operators, kOnlyOperators));
    }
    log::write(log::Level::info, "access.command", "an operator asks",
               {{"name", std::string_view(client->name)},
                {"remote", std::string_view(request.remote_address)},
                {"method", std::string_view(request.method)},
                {"target", std::string_view(request.path)}});
    return std::nullopt;
}

bool Access::is_signed(http::Request const& request) const {
    if (count_of(request, kSignatureHeader) != 1) return false;
    auto const header = *request.header(kSignatureHeader);
    if (!header.starts_with("t=")) return false;
    auto const seconds = base::parse_number<std::int64_t>(header.substr(2, header.find(',') - 2));
    if (!seconds) return false;
    auto const now = now_seconds();
    if (*seconds < now - kSignatureAge.count() || *seconds > now + kSignatureAge.count()) {
        return false;
    }
    auto const wanted = hook_signature(settings_.hook_secret, *seconds, request.path, request.body);
    return base::equal_secrets(base::as_bytes(wanted), base::as_bytes(header));
}

std::optional<http::Response> Access::hook_refusal(http::Request const& request) {
    if (settings_.hook_secret.empty()) {
        auto const client = identify(request);
        if (!client) return refuse(request, client.error());
        if (client->role == Role::operator_) return std::nullopt;
        return refuse(request, problem(Problem::only_operators, kOnlyOperators));
    }
    if (is_signed(request)) return std::nullopt;
    // An operator's token is as good. An address is not: that is what the secret is for.
    auto const client = identify(request);
    bool const by_token = client && !client->name.empty() && client->role == Role::operator_;
    if (by_token) return std::nullopt;
    return refuse(request, unauthorized(kUnsigned));
}

http::Response Access::refuse(http::Request const& request, http::Response response) {
    if (response.status == 401) unknown_.Increment();
    if (response.status == 403) forbidden_.Increment();
    auto const now = std::chrono::steady_clock::now();
    if (now < next_line_) {
        ++unlogged_;
        return response;
    }
    next_line_ = now + kRefusalLogInterval;
    log::write(log::Level::warn, "access.refused", "a client may not do this",
               {{"remote", std::string_view(request.remote_address)},
                {"method", std::string_view(request.method)},
                {"target", std::string_view(request.path)},
                {"status", static_cast<std::int64_t>(response.status)},
                {"more", std::exchange(unlogged_, 0)}});
    return response;
}

std::string hook_signature(std::string_view secret, std::int64_t seconds, std::string_view path,
                           std::string_view body) {
    auto const time = std::to_string(seconds);
    auto const message = time + "." + std::string(path) + "." + std::string(body);
    auto const mac = base::hmac_sha256(base::as_bytes(secret), base::as_bytes(message));
    return "t=" + time + ",sha256=" + base::to_hex(mac);
}

std::optional<std::string> open_to_problem(std::string const& text) {
    if (config::IpNetwork::parse(text)) return std::nullopt;
    return "an address or a network, such as 127.0.0.0/8, ::1 or 10.1.0.0/16";
}

}  // namespace tidegate::orchestrator
