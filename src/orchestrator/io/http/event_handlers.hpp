// POST /v1/mediamtx/events/{ready,not-ready}: check, note, log, answer; nothing here waits. Lives
// on the server's loop; the book and the metrics outlive it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "orchestrator/io/http/service_metrics.hpp"
#include "orchestrator/io/http/stream_book.hpp"

namespace tidegate::orchestrator {

inline constexpr std::size_t kMaxCorrelationIdBytes = 128;  // a UUID has 36, a trace id 32

class EventHandlers {
public:
    // Told of every event that was taken, after it was noted, with the whole of its masked query.
    // May be empty.
    using OnEvent = std::function<void(HookEvent const&, std::string_view query)>;
    EventHandlers(StreamBook& book, ServiceMetrics& metrics, OnEvent on_event);

    http::Response receive(EventType type, http::Request const& request);

private:
    http::Response refused(EventType type, http::Request const& request, http::Response response,
                           std::string_view reason);

    StreamBook& book_;
    ServiceMetrics& metrics_;
    OnEvent on_event_;
};

// The caller's X-Correlation-ID when it is one ([A-Za-z0-9._-], 1 to 128), else a new one.
std::string correlation_id_of(http::Request const& request);

}  // namespace tidegate::orchestrator
