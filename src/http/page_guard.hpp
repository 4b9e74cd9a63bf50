// Web pages are strangers, also those that somebody on this machine looks at: any page may make a
// browser send requests here, many of them without asking first. Pure; any thread.
//
// A browser tells in Origin and Sec-Fetch-Site where a page came from; programs send neither. What
// it cannot tell is DNS rebinding: a page of evil.example, whose name server now points at this
// machine, has our "own origin". Host gives it away, since only addresses, localhost and names
// without a dot (Compose's, the local network's) come from nobody else's name server.
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
    // host names may stand in Host. "*" lets every page read, and none command.
    std::vector<std::string> origins{};
    // DNS names that may stand in Host.
    std::vector<std::string> hosts{};
};

// What Access-Control-Allow-Origin says, if anything.
std::optional<std::string> allowed_origin(Request const& request,
                                          std::vector<std::string> const& origins);

// Why the request is refused because a page may have sent it; nothing when it may go on. What
// changes something needs a page of our own or a listed origin: a browser always says so. What only
// reads it may send without a word, so over loopback, where no password is asked, Host must be
// ours.
std::optional<std::string_view> page_refusal(Request const& request, PageRules const& rules);

}  // namespace tidegate::http
