#include "orchestrator/io/http/media_service.hpp"

#include <utility>

#include "dashboard/pages.hpp"
#include "log/log.hpp"
#include "orchestrator/io/http/dashboard_policy.hpp"
#include "orchestrator/io/http/embedded.hpp"
#include "orchestrator/io/http/problem.hpp"
#include "orchestrator/io/http/stream_handlers.hpp"
#include "orchestrator/io/http/stream_metrics.hpp"
#include "orchestrator/io/http/transcript.hpp"

namespace tidegate::orchestrator {

namespace {

// Scripts and styles are inside the page, and it sends requests to us only.
constexpr std::string_view kDocsPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src "
    "'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

http::Response document(std::string_view content_type, std::string_view body) {
    http::Response response;
    response.content_type = content_type;
    response.body = body;
    return response;
}

RouterRecordings recordings_of(ControlPlaneSettings const& settings) {
    return {settings.router_api, settings.router_login};
}

http::ServerSettings server_settings(std::string address, std::vector<std::string> hosts) {
    http::ServerSettings settings;
    settings.address = std::move(address);
    settings.pages.hosts = std::move(hosts);
    settings.limits.body_bytes = kMaxHookBodyBytes;
    settings.refuse = &refuse;
    settings.require_length =
        false;  // restart, stop and reset have no body; HookReceiver checks its own
    settings.after = [](http::Request const*, http::Response& response) {
        response.headers.emplace_back("Cache-Control", "no-store");
        response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    };
    return settings;
}

}  // namespace

MediaService::MediaService(asio::io_context& io, MediaServiceSettings settings,
                           WorkerBackend& backend)
    : stop_workers_on_exit_(settings.stop_workers_on_exit),
      feed_(io),
      reporter_(metrics_, feed_, records_, settings.public_ports),
      recordings_(
          recordings_of(settings.control),
          {.playback =
               [this] {
                   auto const& doors = reporter_.router_doors();
                   return doors ? std::optional(doors->playback) : std::nullopt;
               },
           .switched = [this](auto const& stream_id, auto path,
                              bool on) { reporter_.on_record_switch(stream_id, path, on); }}),
      control_(io, std::move(settings.control), backend, reporter_),
      hooks_([this](std::string_view stream_id) {
          auto const* const stream = control_.fleet().find(stream_id);
          return stream != nullptr && is_live(*stream);
      }),
      watch_(io, {feed_, records_, hooks_, control_, reporter_}),
      hook_receiver_(
          hooks_, metrics_,
          [this](HookEvent const& event, std::string_view query) { on_hook(event, query); }),
      server_(io, server_settings(std::move(settings.listen), std::move(settings.allow_hosts))) {
    add_event_routes();
    add_stream_routes();
    add_recording_routes();
    add_health_routes();
    add_docs_routes();
    add_dashboard_routes();
    reporter_.watch({.list = [this](auto const& items, Time now) { watch_.on_list(items, now); },
                     .change = [this] { watch_.on_change(); },
                     .resync = [this] { watch_.on_resync(); }});
}

std::expected<void, std::string> MediaService::start() {
    if (auto started = server_.start(); !started) return started;
    return control_.start();
}

asio::awaitable<void> MediaService::stop() {
    co_await server_.stop(kStopDeadline);
    co_await control_.stop(stop_workers_on_exit_, kWorkerStopDeadline);
}

// Hooks are hints: they make the control plane read the router's list, and decide nothing.
void MediaService::on_hook(HookEvent const& event, std::string_view query) {
    reporter_.on_hook(event);
    auto const& body = event.body;
    auto const& stream_id = body.stream.stream_id;
    if (body.stream.direction == base::Direction::out) return control_.hint_output(stream_id);
    if (event.type == HookType::ready) {
        control_.hint_ready(stream_id, body.source_id, query);
    } else {
        control_.hint_not_ready(stream_id, body.source_id);
    }
}

void MediaService::add_event_routes() {
    for (auto const type : {HookType::ready, HookType::not_ready}) {
        server_.route(
            "POST", "/v1/mediamtx/events/" + std::string(name(type)),
            [this, type](auto const& request) { return hook_receiver_.receive(type, request); });
    }
}

void MediaService::add_stream_routes() {
    server_.route("GET", "/v1/streams", [this](auto const&) {
        return document("application/json",
                        list_.text(hooks_, control_.views(), pid_source(control_)));
    });
    server_.route("GET", "/v1/streams/{id}", [this](auto const& request) {
        auto const& id = request.params.at("id");
        return show_stream(hooks_, control_, request, watch_.media(id, control_.view(id)));
    });
    server_.route("GET", "/v1/streams/{id}/history",
                  [this](auto const& request) { return watch_.history(request); });
    server_.route("GET", "/v1/streams/{id}/transcript",
                  [this](auto const& request) { return transcript(records_, request); });
    for (auto const& [verb, action] :
         {std::pair{"restart", OperatorAction::restart}, std::pair{"stop", OperatorAction::stop},
          std::pair{"reset", OperatorAction::reset}}) {
        server_.route("POST", "/v1/streams/{id}/" + std::string(verb),
                      [this, action](auto const& request) {
                          return operate_stream(hooks_, control_, action, request);
                      });
    }
    server_.route("GET", "/v1/events",
                  [this](auto const& request) { return list_events(hooks_, request); });
    server_.route("GET", "/v1/events/stream",
                  [this](auto const& request) { return watch_.open_feed(request); });
}

void MediaService::add_recording_routes() {
    std::string const path = "/v1/streams/{id}/recordings/{side}";
    server_.route("GET", path, [this](auto const& request) { return recordings_.show(request); });
    for (auto const& [verb, on] : {std::pair{"/start", true}, std::pair{"/stop", false}}) {
        server_.route("POST", path + verb, [this, on](auto const& request) {
            return recordings_.switch_to(request, on);
        });
    }
}

void MediaService::add_health_routes() {
    server_.route("GET", "/healthz",
                  [](auto const&) { return document("application/json", R"({"status":"ok"})"); });
    server_.route("GET", "/readyz", [this](auto const&) { return ready(); });
    server_.route("GET", "/metrics", [this](auto const&) { return metrics(); });
}

http::Response MediaService::metrics() {
    auto const& last = control_.list_status().last_complete;
    std::optional<std::chrono::nanoseconds> age;
    if (last) age = Clock::now() - *last;
    auto const& fleet = control_.fleet();
    metrics_.states(fleet.by_state(), fleet.waiting(), fleet.degraded(), age);
    return document(metrics::kContentType,
                    metrics_.registry().text() + stream_metrics(control_.views()));
}

void MediaService::add_docs_routes() {
    server_.route("GET", "/openapi.json",
                  [](auto const&) { return document("application/json", openapi_json()); });
    server_.route("GET", "/docs", [](auto const&) {
        auto response = document("text/html; charset=utf-8", docs_page_html());
        response.headers.emplace_back("Content-Security-Policy", kDocsPolicy);
        return response;
    });
}

void MediaService::add_dashboard_routes() {
    for (auto const& page : dashboard::pages()) {
        server_.route("GET", page.path, [&page](auto const& request) {
            auto response = document(page.content_type, page.body);
            add_dashboard_headers(request, response);
            return response;
        });
    }
}

http::Response MediaService::ready() const {
    if (!reporter_.router_reachable()) {
        return problem(Problem::router_unreachable, reporter_.router_error());
    }
    return document("application/json", R"({"status":"ready"})");
}

}  // namespace tidegate::orchestrator
