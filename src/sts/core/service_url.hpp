// The address of a speech service as people type it. Plain values; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::sts {

struct ServiceUrl {
    bool tls = false;    // wss or https
    std::string host{};  // without the brackets of an IPv6 literal
    std::uint16_t port = 80;
    std::string host_header{};
    std::string target{};  // "/socket.io/?EIO=4&transport=websocket"

    std::string shown() const;  // "ws://host:port", without path and query
};

// ws, wss, http or https. A path is where the service is mounted; "/socket.io/" is added unless it
// ends so. Names and passwords in the URL are refused, since URLs are logged: there is a token. The
// error is a sentence for the user.
std::expected<ServiceUrl, std::string> parse_service_url(std::string_view text);

}  // namespace tidegate::sts
