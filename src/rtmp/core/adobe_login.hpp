// The login of RTMP servers that do not take a password in clear ("authmod=adobe"), as FFmpeg and
// librtmp do it. The server refuses connect and says what it wants; the client connects again with
// the answer behind the app: first with the user's name, then with a digest of the password and
// the server's challenge. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rtmp/core/client_url.hpp"

namespace tidegate::rtmp {

// A server asks twice. One that asks more often has not accepted the answer.
inline constexpr int kMostLogins = 2;

// The URL with which to connect again after connect was refused with this description. nullopt:
// the server asks for nothing that we can give, because the URL has no user, the password is wrong,
// or the server wants another kind of login. seed: any unpredictable number, for our challenge.
std::optional<ClientUrl> answer_login(ClientUrl url, std::string_view description,
                                      std::uint64_t seed);

}  // namespace tidegate::rtmp
