// The protocols of this router. Nothing else names them.
#pragma once

#include "router/api/protocol_module.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

// In MediaMTX's order of start (contract §1.1).
ProtocolModules all_modules(Services& services);

}  // namespace tidegate::router
