// How a program that handles one stream answers probes over HTTP, as a kubelet sends them:
//   GET /readyz  200 once it is ready (the output is accepted), 503 with the reason before
//   GET /livez   200 unless it hangs: the rule of WATCHDOG=1 (told.hpp)
//   GET /status  what it tells by sd_notify, as JSON
// It knows only what Notify remembers, so both ways say the same. The loop only.
#pragma once

#include "endpoint/notify.hpp"
#include "endpoint/told.hpp"
#include "http/message.hpp"

namespace tidegate::endpoint {

http::Response readiness(Told const& told);
http::Response liveness(Told const& told, Told::Time now);
http::Response status(Told const& told, RunName const& run, Told::Time now);

// Server: has route() as http::Server has it, and is not started yet. notify must outlive it.
template <class Server>
void add_health_routes(Server& server, Notify const& notify, RunName const& run) {
    using Clock = std::chrono::steady_clock;
    server.route("GET", "/readyz",
                 [&notify](http::Request const&) { return readiness(notify.told()); });
    server.route("GET", "/livez",
                 [&notify](http::Request const&) { return liveness(notify.told(), Clock::now()); });
    server.route("GET", "/status", [&notify, run](http::Request const&) {
        return status(notify.told(), run, Clock::now());
    });
}

}  // namespace tidegate::endpoint
