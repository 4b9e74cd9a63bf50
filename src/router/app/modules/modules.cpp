#include "router/app/modules/modules.hpp"

#include "router/forward/module.hpp"
#include "router/hls/module.hpp"
#include "router/record/module.hpp"
#include "router/rtmp/module.hpp"
#include "router/rtsp/module.hpp"

namespace tidegate::router {

ProtocolModules all_modules(Services& services) {
    ProtocolModules modules;
    modules.push_back(std::make_unique<RtspModule>(services, Security::clear));
    modules.push_back(std::make_unique<RtspModule>(services, Security::tls));
    modules.push_back(std::make_unique<RtmpModule>(services, Security::clear));
    modules.push_back(std::make_unique<RtmpModule>(services, Security::tls));
    modules.push_back(std::make_unique<HlsModule>(services));
    modules.push_back(std::make_unique<RecordModule>(services));
    modules.push_back(std::make_unique<ForwardModule>(services));
    return modules;
}

}  // namespace tidegate::router
