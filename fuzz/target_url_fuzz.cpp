// URLs of destinations, which people paste: those of stream-forwarder and media-service, and
// `forward` of the router. The first byte chooses. Either the rest is a URL as it came: it must be
// refused with a reason, or be one that can be connected to. Or it becomes a URL twice, with other
// secrets of the same length: what people are shown must be the same for both, and no text from
// which the secrets were taken may still have them.
#include <array>
#include <string>

#include "checks.hpp"
#include "config/mediamtx/forward_dest.hpp"
#include "forwarder/target.hpp"
#include "orchestrator/io/router/egress.hpp"
#include "router/forward/destination.hpp"
#include "script.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

void check_server(std::string const& host, std::uint16_t port) {
    require(!host.empty() && port != 0);
}

void read_as_it_came(std::string const& text) {
    auto const target = rtmp::parse_target_url(text);
    if (target) {
        check_server(target->host, target->port);
        require(!target->app.empty() && !target->key.empty());
        require(target->login == rtmp::LoginForm::when_asked && target->login_query.empty());
        require(!forwarder::address_of(*target).contains('?'));
        require(!forwarder::app_of(*target).contains('?'));
        static_cast<void>(forwarder::masked(text, *target));
    } else {
        require(!target.error().empty());
    }
    auto const shown = orchestrator::shown_url(text);
    require(shown ? target.has_value() : !shown.error().empty());
    if (auto const dest = router::parse_dest(text)) {
        std::visit([](auto const& url) { check_server(url.host, url.port); }, *dest);
    } else {
        require(!dest.error().empty());
    }
    static_cast<void>(config::mediamtx::masked_dest(text));
    static_cast<void>(config::mediamtx::without_dest_secrets(text, text));
}

// Letters and digits only: a secret of other characters could be made anew by what replaces it.
std::string word(fuzz::Script& script, std::size_t most, char first) {
    std::string text;
    for (auto const byte : script.bytes(script.below(most) + 1)) {
        text += static_cast<char>(first + byte % 12);
    }
    return text;
}

// Of the two URLs, one has secrets of 'a' to 'l', the other has these characters' upper case.
std::string other(std::string text) {
    for (auto& c : text) c = static_cast<char>(c - 'a' + 'A');
    return text;
}

struct Secrets {
    std::string user, password, key, query;
};

std::string url_of(std::string const& frame, Secrets const& secrets, bool marked) {
    std::string url = frame.substr(0, frame.find(' '));
    if (!secrets.user.empty() && !secrets.password.empty()) {
        url += secrets.user + ":" + secrets.password + "@";
    }
    url += frame.substr(frame.find(' ') + 1);
    auto const query = secrets.query.empty() ? "" : "?" + secrets.query;
    return marked ? url + query + "#" + secrets.key : url + "/" + secrets.key + query;
}

void check_hidden(std::string const& text, std::string const& secret) {
    require(secret.size() < 4 || !text.contains(secret));
}

void show_two(fuzz::Script& script) {
    static constexpr std::array<std::string_view, 4> kSchemes{"rtmp://", "rtmps://", "rtmp://",
                                                              "rtmps://"};
    static constexpr std::array<std::string_view, 4> kHosts{"h.example", "[2001:db8::1]:443",
                                                            "10.0.0.1:1936", "x:1"};
    bool const marked = script.flag();
    auto const frame = std::string(script.pick(kSchemes)) + " " + std::string(script.pick(kHosts)) +
                       "/n" + word(script, 9, 'n') + (script.flag() ? "/more" : "");
    Secrets const first{word(script, 20, 'a'), word(script, 20, 'a'), "x" + word(script, 40, 'a'),
                        word(script, 30, 'a')};
    // The last four characters of a key are shown.
    constexpr std::size_t kHint = 4;
    auto const open = first.key.size() - std::min(first.key.size(), kHint);
    Secrets const second{other(first.user), other(first.password), "y" + other(first.key.substr(1)),
                         other(first.query)};
    auto const one = url_of(frame, {first.user, first.password, first.key, first.query}, marked);
    auto const two = url_of(frame,
                            {second.user, second.password,
                             second.key.substr(0, open) + first.key.substr(open), second.query},
                            marked);
    auto const target = rtmp::parse_target_url(one);
    auto const twin = rtmp::parse_target_url(two);
    require(target && twin);
    require(orchestrator::shown_url(one) == orchestrator::shown_url(two));
    require(forwarder::address_of(*target) == forwarder::address_of(*twin));
    require(forwarder::app_of(*target) == forwarder::app_of(*twin));
    require(config::mediamtx::masked_dest(one) == config::mediamtx::masked_dest(two));

    auto const said = "the server says: " + one + " " + first.key + " " + first.password + "!";
    auto const masked = forwarder::masked(said, *target);
    auto const without = config::mediamtx::without_dest_secrets(said, one);
    if (!first.user.empty() && !first.password.empty()) {
        check_hidden(masked, first.password);
        check_hidden(without, first.password);
    }
    check_hidden(masked, first.key);
    check_hidden(without, first.key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::Script script(data, size);
    if (script.flag()) {
        show_two(script);
        return 0;
    }
    auto const rest = script.bytes(size);
    read_as_it_came(std::string(base::as_text(rest)));
    return 0;
}
