#include "rtmp/core/stream_address.hpp"

#include <boost/url/grammar/string_token.hpp>
#include <boost/url/pct_string_view.hpp>
#include <optional>
#include <utility>

namespace tidegate::rtmp {

namespace {

using Halves = std::pair<std::string_view, std::string_view>;

// Divides the text at the first mark. Without one the second part is empty.
Halves cut(std::string_view text, std::string_view mark) {
    auto const at = text.find(mark);
    if (at == std::string_view::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + mark.size())};
}

std::string_view trim_left(std::string_view text, char unwanted) {
    while (text.starts_with(unwanted)) text.remove_prefix(1);
    return text;
}

std::string_view trim_right(std::string_view text, char unwanted) {
    while (text.ends_with(unwanted)) text.remove_suffix(1);
    return text;
}

std::optional<std::string> decode(std::string_view text, bool form) {
    auto const checked = boost::urls::make_pct_string_view({text.data(), text.size()});
    if (!checked) return std::nullopt;
    return checked->decode(boost::urls::encoding_opts(form),
                           boost::urls::string_token::return_string{});
}

void set_user(StreamAddress& address, std::string_view authority) {
    auto const at = authority.rfind('@');
    if (at == std::string_view::npos) return;
    auto const [user, password] = cut(authority.substr(0, at), ":");
    address.user = decode(user, false).value_or("");
    address.password = decode(password, false).value_or("");
}

std::string join(std::string_view left, std::string_view mark, std::string_view right) {
    std::string joined(left);
    if (!left.empty() && !right.empty()) joined += mark;
    joined += right;
    return joined;
}

// Calls visit(name, raw value) for each parameter until it returns true.
bool any_parameter(std::string_view query, auto&& visit) {
    while (!query.empty()) {
        auto const [parameter, rest] = cut(query, "&");
        auto const [name, value] = cut(parameter, "=");
        if (visit(name, value)) return true;
        query = rest;
    }
    return false;
}

}  // namespace

StreamAddress make_stream_address(std::string_view tc_url, std::string_view app,
                                  std::string_view key) {
    StreamAddress address;
    tc_url = trim_right(trim_left(tc_url, '\''), '\'');
    auto base = app;
    if (auto const scheme = tc_url.find("://"); scheme != std::string_view::npos) {
        auto const rest = tc_url.substr(scheme + 3);
        auto const authority = rest.substr(0, rest.find_first_of("/?"));
        set_user(address, authority);
        base = rest.substr(authority.size());
    }
    auto const [base_path, base_query] = cut(base, "?");
    auto const [key_path, key_query] = cut(key, "?");
    auto const path =
        join(trim_right(trim_left(base_path, '/'), '/'), "/", trim_left(key_path, '/'));
    address.path = decode(path, false).value_or(path);
    address.query = join(base_query, "&", key_query);
    return address;
}

QueryCredentials read_query_credentials(std::string_view query) {
    QueryCredentials found;
    auto const keep = [](std::string& into, std::string_view value) {
        if (into.empty()) into = decode(value, true).value_or("");
    };
    any_parameter(query, [&](std::string_view name, std::string_view value) {
        if (name == "user") keep(found.user, value);
        if (name == "pass") keep(found.password, value);
        if (name == "token" || name == "jwt") keep(found.token, value);
        return false;
    });
    return found;
}

bool query_has(std::string_view query, std::string_view wanted) {
    return any_parameter(query,
                         [&](std::string_view name, std::string_view) { return name == wanted; });
}

}  // namespace tidegate::rtmp
