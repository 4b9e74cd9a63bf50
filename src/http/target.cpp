#include "http/target.hpp"

#include <boost/url/decode_view.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/url_view.hpp>
#include <optional>

namespace tidegate::http {
namespace {

namespace urls = boost::urls;

std::optional<std::string> decode(std::string_view text, bool space_as_plus) {
    if (text.find_first_of(space_as_plus ? "%+" : "%") == std::string_view::npos) {
        return std::string(text);
    }
    auto const encoded = urls::make_pct_string_view({text.data(), text.size()});
    if (!encoded) return std::nullopt;
    urls::encoding_opts options;
    options.space_as_plus = space_as_plus;
    urls::decode_view const view(*encoded, options);
    std::string decoded(view.begin(), view.end());
    if (decoded.find('\0') != std::string::npos) return std::nullopt;
    return decoded;
}

// Takes what stands before the separator off the front of text; all of it when there is none.
std::string_view take_until(std::string_view& text, char separator) {
    auto const end = text.find(separator);
    auto const part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

bool parse_query(std::string_view text, Target& target) {
    while (!text.empty()) {
        auto value = take_until(text, '&');
        if (value.empty()) continue;
        auto name = decode(take_until(value, '='), true);
        auto decoded = decode(value, true);
        if (!name || !decoded) return false;
        target.query.emplace_back(*std::move(name), *std::move(decoded));
    }
    return true;
}

std::expected<Target, std::string> parse_path_and_query(std::string_view text) {
    constexpr auto kBadEncoding = "the target's percent-encoding is broken";
    Target target;
    auto const path = take_until(text, '?');
    auto decoded = decode(path, false);
    if (!decoded) return std::unexpected(kBadEncoding);
    target.path = *std::move(decoded);
    if (!parse_query(text, target)) return std::unexpected(kBadEncoding);
    return target;
}

}  // namespace

std::expected<Target, std::string> parse_target(std::string_view target) {
    if (target.find('#') != std::string_view::npos) {
        return std::unexpected("a fragment does not belong into a request");
    }
    if (target.starts_with('/')) return parse_path_and_query(target);
    if (target == "*") return Target{.path = "*", .query = {}};
    auto const absolute = urls::parse_absolute_uri({target.data(), target.size()});
    if (!absolute || (absolute->scheme() != "http" && absolute->scheme() != "https")) {
        return std::unexpected("the target must be a path or an http or https URL");
    }
    auto const path = absolute->encoded_path();
    std::string origin(path.empty() ? "/" : std::string(path.data(), path.size()));
    if (absolute->has_query()) {
        auto const query = absolute->encoded_query();
        origin.append("?").append(query.data(), query.size());
    }
    return parse_path_and_query(origin);
}

}  // namespace tidegate::http
