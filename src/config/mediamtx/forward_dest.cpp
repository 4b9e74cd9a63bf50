#include "config/mediamtx/forward_dest.hpp"

#include <algorithm>

namespace tidegate::config::mediamtx {

namespace {

constexpr std::string_view kMask = "***";
// Of a key that is at least three times as long, this much is shown.
constexpr std::size_t kShown = 4;
// Shorter texts are no secrets, and would be found in any sentence.
constexpr std::size_t kShortestSecret = 4;

struct Parts {
    std::string_view scheme;  // with "://"
    std::string_view login;   // without '@'
    std::string_view host, path, query, fragment;
    std::string_view key;  // of the path, or the fragment
};

// Where the separator is not there, all is in front of it.
std::string_view cut_at(std::string_view& text, char separator) {
    auto const at = std::min(text.find(separator), text.size());
    auto const behind = at == text.size() ? std::string_view{} : text.substr(at + 1);
    text = text.substr(0, at);
    return behind;
}

Parts split(std::string_view dest) {
    Parts parts;
    auto const mark = dest.find("://");
    auto const begin = mark == dest.npos ? 0 : mark + 3;
    parts.scheme = dest.substr(0, begin);
    auto rest = dest.substr(begin);
    parts.fragment = cut_at(rest, '#');
    parts.query = cut_at(rest, '?');
    auto const slash = std::min(rest.find('/'), rest.size());
    parts.path = rest.substr(slash);
    parts.host = rest.substr(0, slash);
    if (auto const at = parts.host.rfind('@'); at != parts.host.npos) {
        parts.login = parts.host.substr(0, at);
        parts.host = parts.host.substr(at + 1);
    }
    parts.key = parts.fragment;
    if (parts.fragment.empty() && parts.scheme.starts_with("rtmp")) {
        auto const last = parts.path.rfind('/');
        if (last != parts.path.npos) {
            parts.key = parts.path.substr(last + 1);
            parts.path = parts.path.substr(0, last + 1);
        }
    }
    return parts;
}

std::string masked_key(std::string_view key) {
    // What is replaced later is no secret.
    if (key.empty() || key == "$MTX_PATH") return std::string(key);
    bool const is_long = key.size() >= 3 * kShown;
    return std::string(kMask).append(is_long ? key.substr(key.size() - kShown) : "");
}

void mask(std::string& text, std::string_view secret) {
    if (secret.size() < kShortestSecret) return;
    for (auto at = text.find(secret); at != text.npos; at = text.find(secret, at)) {
        text.replace(at, secret.size(), kMask);
        at += kMask.size();
    }
}

}  // namespace

std::string masked_dest(std::string_view dest) {
    auto const parts = split(dest);
    auto shown = std::string(parts.scheme).append(parts.host).append(parts.path);
    if (!parts.fragment.empty()) shown += '#';
    return shown + masked_key(parts.key);
}

std::string without_dest_secrets(std::string text, std::string_view dest) {
    auto const parts = split(dest);
    auto password = parts.login;
    password = cut_at(password, ':');
    for (auto const secret : {dest, parts.login, password, parts.query, parts.key}) {
        mask(text, secret);
    }
    return text;
}

}  // namespace tidegate::config::mediamtx
