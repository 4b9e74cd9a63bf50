// Refuses requests that a web page of another origin may have sent. Any page that is open in a
// browser on this machine can make the browser send requests here, many without a preflight. Pure;
// any thread.
//
// A browser says in Origin and Sec-Fetch-Site where a page came from; other programs send neither.
// This does not help against DNS rebinding: the name server of evil.example says that this machine
// has that name, so a page from there seems to be of our own origin. Then Host is evil.example. An
// address, localhost or a name without a dot (of Compose or of the local network) is safe in Host,
// for no stranger's name server answers for those.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace tidegate::http {

struct PageRules {
    // Origins whose pages may do everything, as MediaMTX's apiAllowOrigins lists them:
    // "https://dash.example:8443", "https://*.example.com" for example.com and all names below it.
    // Host may have their names. "*" allows every page to read, and none to change anything.
    std::vector<std::string> origins{};
    // Further DNS names that Host may have.
    std::vector<std::string> hosts{};
};

// The value of Access-Control-Allow-Origin; nullopt: the answer has no such header.
std::optional<std::string> allowed_origin(Request const& request,
                                          std::vector<std::string> const& origins);

// The reason for a refusal (403); nullopt when the request may go on. A browser's request that
// changes something must come from our own or a listed origin. A browser may leave Origin out of a
// request that only reads. Over loopback, where no password is asked, the Host of such a request
// must therefore be ours.
std::optional<std::string_view> page_refusal(Request const& request, PageRules const& rules);

}  // namespace tidegate::http
