// Refuses requests that a web page of another origin may have sent. Any page that is open in a
// browser on this machine can make the browser send requests here, many without a preflight. Pure;
// any thread.
//
// A browser says in Origin and Sec-Fetch-Site where a page came from; programs send neither. With
// DNS rebinding this is not enough: evil.example's name server points its name at this machine, and
// the page then has our own origin. Host shows it: addresses, localhost and names without a dot
// (Compose's, the local network's) cannot be rebound by a stranger's name server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace tidegate::http {

struct PageRules {
    // Pages that may do everything, as MediaMTX's apiAllowOrigins lists them:
    // "https://dash.example:8443", "https://*.example.com" for example.com and all below it. Their
    // host names may stand in Host. "*" lets every page read; it lets none change anything.
    std::vector<std::string> origins{};
    // DNS names that may stand in Host.
    std::vector<std::string> hosts{};
};

// The value of Access-Control-Allow-Origin; nullopt: the answer has no such header.
std::optional<std::string> allowed_origin(Request const& request,
                                          std::vector<std::string> const& origins);

// The reason for a refusal (403); nullopt when the request may go on. A browser's request that
// changes something must come from our own or a listed origin. A request that reads may come from a
// browser without Origin, so over loopback, where no password is asked, its Host must be ours.
std::optional<std::string_view> page_refusal(Request const& request, PageRules const& rules);

}  // namespace tidegate::http
