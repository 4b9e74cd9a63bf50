// The open RTMP connections, in clear or over TLS, as the Control API and the metrics show them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "router/api/answer.hpp"
#include "router/api/metrics_page.hpp"
#include "router/model/conn_state.hpp"
#include "router/model/registry.hpp"
#include "router/session/media_tls.hpp"

namespace tidegate::router {

struct RtmpConnInfo {
    std::string id;  // lower-case dashed UUID
    WallTime created;
    std::string remote_address;  // ip:port
    ConnState state = ConnState::idle;
    std::string path;   // path and query: empty until accepted
    std::string query;  // with *** for credentials
    std::string user;
    std::string user_agent;           // flashVer
    std::uint64_t inbound_bytes = 0;  // socket bytes
    std::uint64_t outbound_bytes = 0;
    std::uint64_t outbound_frames_discarded = 0;
    bool without_picture = false;  // a reader that gets none now (reader_watch.hpp)
};

class RtmpConnRecord final : public Record<RtmpConnInfo> {
public:
    using Record::Record;

    std::atomic<std::uint64_t> inbound_bytes{0};
    std::atomic<std::uint64_t> outbound_bytes{0};
    std::atomic<std::uint64_t> discarded{0};  // frames
    std::atomic<bool> without_picture{false};

private:
    void read_counters(RtmpConnInfo& info) const override;
};

using RtmpConns = Registry<RtmpConnRecord>;

// Both refer to the registry.
std::vector<ApiEndpoint> rtmp_endpoints(RtmpConns& conns, Security security);
std::vector<MetricsBlock> rtmp_metrics(RtmpConns const& conns, Security security);

}  // namespace tidegate::router
