// The protocols of this router. Nothing else names them.
#pragma once

#include "router/api/protocol_module.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

// In the order in which MediaMTX starts them.
ProtocolModules all_modules(Services& services);

}  // namespace tidegate::router
