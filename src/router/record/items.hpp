// The paths that are recorded now, as the Control API and the metrics show them. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "recording/sink.hpp"
#include "router/api/answer.hpp"
#include "router/api/metrics_page.hpp"
#include "router/model/registry.hpp"

namespace tidegate::router {

enum class RecorderState : std::uint8_t {
    waiting,      // for the first units, or for a key frame
    recording,    // a file grows
    failing,      // the disk does not take it; recording is tried again
    unsupported,  // the format has no form for any track
};

struct RecorderInfo {
    std::string id;  // the path's name
    WallTime created;
    std::string format;  // "fmp4"
    RecorderState state = RecorderState::waiting;
    std::string file;         // that grows; empty: none
    std::string error;        // while it fails
    bool is_failing = false;  // for the metrics: the state is `failing`
    std::uint64_t written_bytes = 0;
    std::uint64_t segments = 0;
    std::uint64_t errors = 0;
    std::uint64_t waiting_bytes = 0;  // for the disk
    std::uint64_t discarded_bytes = 0;
    std::uint64_t discarded_frames = 0;
};

class RecorderRecord final : public Record<RecorderInfo> {
public:
    explicit RecorderRecord(RecorderInfo info)
        : Record(std::move(info), [](std::string const&) {}) {}

    std::shared_ptr<recording::WriteCounters> const& counters() const { return counters_; }

private:
    void read_counters(RecorderInfo& info) const override;

    std::shared_ptr<recording::WriteCounters> const counters_ =
        std::make_shared<recording::WriteCounters>();
};

using Recorders = Registry<RecorderRecord>;

// Both refer to the recorders.
std::vector<ApiEndpoint> recorder_endpoints(Recorders& recorders);
std::vector<MetricsBlock> recorder_metrics(Recorders const& recorders);

}  // namespace tidegate::router
