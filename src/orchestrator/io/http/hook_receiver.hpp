// Answers POST /v1/mediamtx/events/{ready,not-ready}: checks the event, remembers it, logs it, and
// answers at once, without waiting for a router or a worker. The HTTP server's loop only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "orchestrator/io/http/hook_history.hpp"
#include "orchestrator/io/http/service_metrics.hpp"

namespace tidegate::orchestrator {

inline constexpr std::size_t kMaxCorrelationIdBytes = 128;  // a UUID has 36, a trace id 32

class HookReceiver {
public:
    // Called for each event that was not refused, whatever its outcome, after it was remembered.
    // query: the whole query with its credentials masked; the event itself has a shortened one.
    using OnEvent = std::function<void(HookEvent const&, std::string_view query)>;
    // hooks and metrics must outlive this. on_event may be empty.
    HookReceiver(HookHistory& hooks, ServiceMetrics& metrics, OnEvent on_event);

    // The response to one request: 200 with what became of the event, or a problem that says why
    // the event was refused. Both carry X-Correlation-ID.
    http::Response receive(HookType type, http::Request const& request);
    // Logs that the event is refused. Returns the response with X-Correlation-ID.
    http::Response refused(HookType type, http::Request const& request, http::Response response,
                           std::string_view reason);

private:
    HookHistory& hooks_;
    ServiceMetrics& metrics_;
    OnEvent on_event_;
};

std::string path_of(HookType type);
// The event that a request brings, whatever becomes of it; nullopt: it brings none.
std::optional<HookType> event_of(http::Request const& request);

// The caller's X-Correlation-ID if it is usable (1 to 128 of [A-Za-z0-9._-]), otherwise a new UUID.
std::string correlation_id_of(http::Request const& request);

}  // namespace tidegate::orchestrator
