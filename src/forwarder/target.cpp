#include "forwarder/target.hpp"

#include <string_view>

namespace tidegate::forwarder {

namespace {

// Shorter texts are no secrets, and would be found in any sentence.
constexpr std::size_t kShortestSecret = 4;

std::string without_query(std::string const& text) {
    return text.substr(0, text.find('?'));
}

void mask(std::string& text, std::string_view secret) {
    if (secret.size() < kShortestSecret) return;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
        text.replace(at, secret.size(), "***");
        at += 3;
    }
}

}  // namespace

std::string app_of(rtmp::ClientUrl const& target) {
    return without_query(target.app);
}

std::string address_of(rtmp::ClientUrl const& target) {
    return without_query(target.tc_url);
}

std::string masked(std::string text, rtmp::ClientUrl const& target) {
    mask(text, target.key);
    mask(text, without_query(target.key));
    mask(text, target.password);
    if (auto const query = target.app.find('?'); query != std::string::npos) {
        mask(text, std::string_view(target.app).substr(query + 1));
    }
    return text;
}

}  // namespace tidegate::forwarder
