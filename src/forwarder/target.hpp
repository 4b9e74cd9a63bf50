// A destination as people may see it. Its URL is a secret, for whoever has the stream key may
// publish there: logs, metrics and reports show the host, the app, and the last characters of the
// key. Pure; any thread.
#pragma once

#include <string>

#include "rtmp/core/client_url.hpp"

namespace tidegate::forwarder {

// "rtmp://a.example:1935/live2", without user, password, key and queries.
std::string address_of(rtmp::ClientUrl const& target);
// The app without its query, in which platforms may put a token.
std::string app_of(rtmp::ClientUrl const& target);

// The text of a server or of the network, in which the secrets of the URL are replaced by "***".
std::string masked(std::string text, rtmp::ClientUrl const& target);

}  // namespace tidegate::forwarder
