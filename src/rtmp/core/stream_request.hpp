// What a client asks for with publish or play. Plain values; any thread.
#pragma once

#include <string>
#include <vector>

namespace tidegate::rtmp {

struct StreamRequest {
    // tcUrl's path + "/" + key (stream_address.hpp); percent-decoded once, no leading slash. Not
    // validated: may be empty or hold any byte; the router decides which names exist.
    std::string path;
    std::string query;       // raw, without '?'; of the key, of tcUrl, or both joined by '&'
    std::string user_agent;  // flashVer; empty when the client sent none
    std::string app, tc_url, key;
    // From the query's user and pass (decoded), else from tcUrl's user:pass@; empty when absent.
    std::string remote_user, remote_password;
    std::string token;  // from the query's token or jwt
};

struct PublishRequest : StreamRequest {
    std::string publish_type;  // "live" usually; "record" and "append" are treated as live
};

struct PlayRequest : StreamRequest {
    std::vector<std::string>
        fourccs;  // connect's fourCcList (enhanced RTMP); empty for legacy clients
};

}  // namespace tidegate::rtmp
