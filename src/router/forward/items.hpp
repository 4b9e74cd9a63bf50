// The destinations that paths are forwarded to, as the Control API and the metrics show them. Any
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/mediamtx/conf.hpp"
#include "router/api/answer.hpp"
#include "router/api/metrics_page.hpp"
#include "router/model/registry.hpp"
#include "router/paths/paths_view.hpp"

namespace tidegate::router {

enum class ForwardState : std::uint8_t {
    idle,        // the path has no stream
    forwarding,  // or about to connect
    error,       // the last attempt has failed; the next one comes
};

struct ForwardInfo {
    std::string id;
    std::string path;
    std::uint64_t pos = 1;  // in the list of the path
    WallTime created;
    config::mediamtx::ForwardDest conf;
    ForwardState state = ForwardState::idle;
    std::string last_error;
    std::uint64_t outbound_bytes = 0;
};

class ForwardRecord final : public Record<ForwardInfo> {
public:
    explicit ForwardRecord(ForwardInfo info) : Record(std::move(info), [](std::string const&) {}) {}

    void count(std::uint64_t bytes) { outbound_bytes_.fetch_add(bytes, std::memory_order_relaxed); }

private:
    void read_counters(ForwardInfo& info) const override {
        info.outbound_bytes = outbound_bytes_.load(std::memory_order_relaxed);
    }

    std::atomic<std::uint64_t> outbound_bytes_{0};
};

using ForwardRecords = Registry<ForwardRecord>;

// "rtmp", "rtsp": the scheme of the destination.
std::string protocol_of(config::mediamtx::ForwardDest const& conf);

// All refer to the records.
std::vector<ApiEndpoint> forward_endpoints(ForwardRecords& records, PathsView const& paths);
std::vector<MetricsBlock> forward_metrics(ForwardRecords const& records);

}  // namespace tidegate::router
