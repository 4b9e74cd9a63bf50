#include "router/record/items.hpp"

#include "router/api/metrics_table.hpp"

namespace tidegate::router {

void RecorderRecord::read_counters(RecorderInfo& info) const {
    auto const read = [](auto const& counter) { return counter.load(std::memory_order_relaxed); };
    info.is_failing = info.state == RecorderState::failing;
    info.written_bytes = read(counters_->bytes);
    info.segments = read(counters_->segments);
    info.errors = read(counters_->errors);
    info.waiting_bytes = read(counters_->waiting);
    info.discarded_bytes = read(counters_->lost_bytes);
    info.discarded_frames = read(counters_->lost_units);
}

namespace {

std::string_view state_text(RecorderState state) {
    switch (state) {
        case RecorderState::waiting:
            return "waiting";
        case RecorderState::recording:
            return "recording";
        case RecorderState::failing:
            return "failing";
        case RecorderState::unsupported:
            break;
    }
    return "unsupported";
}

void append_recorder(std::string& text, RecorderInfo const& recorder) {
    JsonObject(text)
        .add("path", recorder.id)
        .add("created", to_text(recorder.created))
        .add("format", recorder.format)
        .add("state", state_text(recorder.state))
        .add("error", recorder.error)
        .add("segmentPath", recorder.file)
        .add("segments", recorder.segments)
        .add("bytesWritten", recorder.written_bytes)
        .add("bytesWaiting", recorder.waiting_bytes)
        .add("bytesDiscarded", recorder.discarded_bytes)
        .add("framesDiscarded", recorder.discarded_frames)
        .add("errors", recorder.errors)
        .end();
}

std::string recorder_labels(RecorderInfo const& recorder) {
    return label_text({{"name", recorder.id}});
}

constexpr Metric<RecorderInfo> kRecorderMetrics[] = {
    {"recorders"},
    {"recorders_failing", &RecorderInfo::is_failing},
    {"recorders_segments", &RecorderInfo::segments},
    {"recorders_written_bytes", &RecorderInfo::written_bytes},
    {"recorders_waiting_bytes", &RecorderInfo::waiting_bytes},
    {"recorders_bytes_discarded", &RecorderInfo::discarded_bytes},
    {"recorders_frames_discarded", &RecorderInfo::discarded_frames},
    {"recorders_errors", &RecorderInfo::errors},
};

constexpr MetricsTable<RecorderInfo> kRecorders{
    "# Recorders", kRecorderMetrics, {}, recorder_labels};

Answer get_recorder(Recorders& recorders, http::Request const& request) {
    auto const recorder = recorders.find(param(request, "name"));
    if (recorder == nullptr) return std::unexpected(ApiError{404, "recorder not found"});
    std::string text;
    append_recorder(text, recorder->snapshot());
    return text;
}

Answer list_recorders(Recorders& recorders, http::Request const& request) {
    return list_answer(request, recorders.entries(), [](std::string& text, auto const& recorder) {
        append_recorder(text, recorder->snapshot());
    });
}

}  // namespace

std::vector<ApiEndpoint> recorder_endpoints(Recorders& recorders) {
    std::vector<ApiEndpoint> endpoints;
    endpoints.push_back({"GET", "/v3/recorders/list", [&recorders](http::Request const& request) {
                             return list_recorders(recorders, request);
                         }});
    endpoints.push_back(
        {"GET", "/v3/recorders/get/{name...}",
         [&recorders](http::Request const& request) { return get_recorder(recorders, request); }});
    return endpoints;
}

std::vector<MetricsBlock> recorder_metrics(Recorders const& recorders) {
    return {table_block("recorders", "recorder", kRecorders, recorders)};
}

}  // namespace tidegate::router
