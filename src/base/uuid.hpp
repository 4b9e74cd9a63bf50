// Random (version 4) UUIDs, RFC 9562 §5.4: ids of connections, sessions, runs and correlations.
#pragma once

#include <string>

namespace tidegate::base {

// Lower case with dashes, from the kernel's random source. Any thread.
std::string random_uuid();

}  // namespace tidegate::base
