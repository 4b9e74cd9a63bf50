// The muxers and sessions that are open, as the Control API and the metrics show them, and what was
// refused. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "router/api/answer.hpp"
#include "router/api/metrics_page.hpp"
#include "router/model/registry.hpp"

namespace tidegate::router {

struct HlsMuxerInfo {
    std::string id;  // the path's name
    WallTime created;
    WallTime last_request;
    std::uint64_t outbound_bytes = 0;
    std::uint64_t outbound_frames_discarded = 0;
};

class HlsMuxerRecord final : public Record<HlsMuxerInfo> {
public:
    using Record::Record;

    std::atomic<std::int64_t> last_request{0};  // nanoseconds since 1970
    std::atomic<std::uint64_t> outbound_bytes{0};
    std::atomic<std::uint64_t> discarded{0};  // frames

private:
    void read_counters(HlsMuxerInfo& info) const override;
};

struct HlsSessionInfo {
    std::string id;  // lower-case dashed UUID
    WallTime created;
    std::string remote_address;  // ip:port
    std::string path;
    std::string query;  // with *** for credentials
    std::string user;
    std::string user_agent;
    bool is_cdn = false;
    std::uint64_t outbound_bytes = 0;
    // Of live.mp4, for a viewer that is too slow. A viewer of playlists asks for what it wants.
    std::uint64_t outbound_fragments_discarded = 0;
};

class HlsSessionRecord final : public Record<HlsSessionInfo> {
public:
    using Record::Record;

    std::atomic<std::uint64_t> outbound_bytes{0};
    std::atomic<std::uint64_t> discarded{0};  // fragments

private:
    void read_counters(HlsSessionInfo& info) const override;
};

// What the server has turned away, since the router's start.
struct HlsRefusals {
    std::atomic<std::uint64_t> sessions_of_address{0};  // one address has too many
    std::atomic<std::uint64_t> sessions{0};             // all addresses together have too many
    std::atomic<std::uint64_t> directives{0};           // _HLS_msn and the like that cannot be
    std::atomic<std::uint64_t> timed_out{0};            // waited for too long
};

struct HlsItems {
    Registry<HlsMuxerRecord> muxers;
    Registry<HlsSessionRecord> sessions;
    HlsRefusals refusals;
};

// Both refer to the items.
std::vector<ApiEndpoint> hls_endpoints(HlsItems& items);
std::vector<MetricsBlock> hls_metrics(HlsItems const& items);

}  // namespace tidegate::router
