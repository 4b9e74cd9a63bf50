// One call of the hook, from the environment to the exit code: what mtx-hook and mtx-hook-secure
// have in common.
#pragma once

#include <string>

#include "event.hpp"
#include "post.hpp"

namespace tidegate::hook {

// The signature of a message (base/crypto/signature.hpp). Empty: it is not signed.
using Sign = std::string (*)(Message const& message);
std::string unsigned_message(Message const& message);

// Posts the event that the arguments and the environment tell. Returns the exit code: 0, or that of
// the failure, which is one JSON line on stderr.
int call(int argc, char const* const* argv, Sign sign);

// Writes the line of a failure to stderr, and returns its exit code.
int fail(Error const& error, Event const& event, std::string const& correlation_id);

}  // namespace tidegate::hook
