// A destination of `forward` as people may see it, in logs and in answers of the Control API.
// Whoever knows the stream key may publish there. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::config::mediamtx {

// The URL without user, password and query, and with the last four characters of the stream key: of
// what stands behind '#', or otherwise of the last element of an RTMP URL's path. A key that is too
// short for that is masked whole.
//   rtmp://u:p@a.example/live2/abcd-efgh-ijkl -> rtmp://a.example/live2/***ijkl
std::string masked_dest(std::string_view dest);

// The text of a server or of the network, in which the secrets of the URL are replaced by "***".
std::string without_dest_secrets(std::string text, std::string_view dest);

}  // namespace tidegate::config::mediamtx
