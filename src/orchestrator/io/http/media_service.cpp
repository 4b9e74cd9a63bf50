#include "orchestrator/io/http/media_service.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "dashboard/pages.hpp"
#include "http/json_text.hpp"
#include "log/log.hpp"
#include "net/file_watch.hpp"
#include "net/handshake_limit.hpp"
#include "orchestrator/io/http/cluster_metrics.hpp"
#include "orchestrator/io/http/dashboard_policy.hpp"
#include "orchestrator/io/http/embedded.hpp"
#include "orchestrator/io/http/problem.hpp"
#include "orchestrator/io/http/stream_handlers.hpp"
#include "orchestrator/io/http/stream_metrics.hpp"
#include "orchestrator/io/http/stream_pages.hpp"
#include "orchestrator/io/http/transcript.hpp"

namespace tidegate::orchestrator {

namespace {

// Scripts and styles are inside the page, and it sends requests to us only.
constexpr std::string_view kDocsPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src "
    "'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view kNotReady = "the router does not answer";
constexpr std::string_view kNoLeader = "no replica leads at the moment";
constexpr std::string_view kEventStream = "/v1/events/stream";

http::Response document(std::string_view content_type, std::string_view body) {
    http::Response response;
    response.content_type = content_type;
    response.body = body;
    return response;
}

void log_task_failure(std::string const& name, std::string const& what) {
    log::write(log::Level::error, "service.task_failed", what, {{"task", std::string_view(name)}});
}

http::ServerSettings server_settings(MediaServiceSettings const& wanted, ServiceMetrics& metrics) {
    http::ServerSettings settings;
    settings.address = wanted.listen;
    settings.tls = wanted.tls;
    settings.pages.hosts = wanted.allow_hosts;
    settings.limits.body_bytes = kMaxHookBodyBytes;
    settings.refuse = &refuse;
    settings.require_length =
        false;  // restart, stop and reset have no body; HookReceiver checks its own
    auto const hsts = wanted.tls ? wanted.hsts : std::chrono::seconds{0};
    settings.after = [hsts, &metrics](http::Request const* request, http::Response& response) {
        // Here, because it may be the HTTP server that refuses an event.
        auto const event = request != nullptr ? event_of(*request) : std::nullopt;
        if (event && response.status != 200) metrics.refused(*event, response.status);
        if (hsts.count() > 0) {
            response.headers.emplace_back("Strict-Transport-Security",
                                          "max-age=" + std::to_string(hsts.count()));
        }
        response.headers.emplace_back("Cache-Control", "no-store");
        response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    };
    return settings;
}

}  // namespace

MediaService::MediaService(asio::io_context& io, MediaServiceSettings settings,
                           WorkerBackend& backend, WorkerBackend& forwarders, Egress& egress)
    : stop_workers_on_exit_(settings.stop_workers_on_exit),
      cluster_(std::move(settings.cluster)),
      leadership_(settings.replica ? settings.replica->name : std::string(),
                  settings.replica.has_value()),
      proxy_(io, settings.replica ? settings.replica->name : std::string(),
             settings.replica ? settings.replica->trust : nullptr),
      access_(std::move(settings.access), metrics_.registry()),
      tasks_(io, &log_task_failure),
      feed_(io),
      reporter_(metrics_, feed_, records_, settings.public_ports),
      recordings_(
          {.router = [this](auto const& id, auto name) { return where_recorded(id, name); },
           .switched = [this](auto const& stream_id, auto path,
                              bool on) { reporter_.on_record_switch(stream_id, path, on); }}),
      control_(io, settings.control, backend, reporter_),
      forward_reporter_(metrics_, reporter_),
      forwards_(io, forward_policy(settings.control.policy, settings.max_forwarders), egress,
                forwarders, forward_reporter_,
                {.router_of = [this](auto const& id) { return control_.desired().router_of(id); },
                 .look = [this](auto const& id) { control_.hint_output(id); }},
                settings.control.fence),
      destinations_(egress, forwards_,
                    [this](ForwardName const& name, std::string_view action) {
                        forward_reporter_.on_operate(name, action);
                    }),
      hooks_([this](std::string_view stream_id) {
          auto const* const stream = control_.fleet().find(stream_id);
          return stream != nullptr && is_live(*stream);
      }),
      watch_(io, {feed_, records_, hooks_, control_, reporter_}),
      hook_receiver_(
          hooks_, metrics_,
          [this](HookEvent const& event, std::string_view query) { on_hook(event, query); }),
      server_(io, server_settings(settings, metrics_)) {
    add_access_routes();
    add_event_routes();
    add_stream_routes();
    add_recording_routes();
    add_destination_routes();
    add_health_routes();
    add_docs_routes();
    add_dashboard_routes();
    control_.show_destinations([this](std::string const& id) { return forwards_.views(id); });
    reporter_.watch({.list =
                         [this](auto const& router, auto const& items, Time now) {
                             forwards_.on_list(router, items);
                             watch_.on_list(router, items, now);
                         },
                     .look =
                         [this](auto const& router, PathItem const* item, Time now) {
                             if (item != nullptr) forwards_.on_look(router, *item);
                             watch_.on_look(router, item, now);
                         },
                     .router =
                         [this](auto const& router, bool there) {
                             forwards_.on_router(router, there);
                             watch_.on_router(router, there);
                         },
                     .stream = [this](auto id) { watch_.on_change(id); },
                     .change = [this] { watch_.on_change(); },
                     .resync = [this] { watch_.on_resync(); }});
}

std::expected<void, std::string> MediaService::start() {
    if (auto const loaded = access_.load(); !loaded) return std::unexpected(loaded.error());
    if (auto started = server_.start(); !started) return started;
    if (access_.has_file()) {
        auto const on_failure = [](std::string const& why) {
            log::write(log::Level::warn, "access.not_watched",
                       "changes of the tokens' file will not be noticed: " + why);
        };
        tasks_.spawn("tokens",
                     net::watch_file(access_.file(), [this] { reload_tokens(); }, on_failure));
    }
    if (!leadership_.leads()) return {};  // one of several: lead() comes later
    return lead();
}

std::expected<void, std::string> MediaService::lead() {
    controls_ = true;
    leadership_.lead();
    if (auto started = forwards_.start(); !started) return started;
    return control_.start();
}

asio::awaitable<void> MediaService::end_leading() {
    if (!std::exchange(controls_, false)) co_return;
    leadership_.end();
    co_await control_.stop(stop_workers_on_exit_, kWorkerStopDeadline);
    co_await forwards_.stop(stop_workers_on_exit_, kWorkerStopDeadline);
}

void MediaService::set_leader(std::optional<Leader> const& leader) {
    proxy_.set_leader(leader);
    if (!leadership_.set_leader(leader)) return;
    if (!leader) {
        return log::write(log::Level::warn, "leader.gone", "no replica leads at the moment");
    }
    log::write(
        log::Level::info, "leader.changed", "another replica leads, or this one",
        {{"leader", std::string_view(leader->name)}, {"url", std::string_view(leader->url)}});
}

void MediaService::reload_tokens() {
    auto const fewer = access_.load();
    if (!fewer) {
        return log::write(log::Level::error, "access.tokens_refused",
                          "the tokens stay as they were: " + fewer.error());
    }
    log::write(log::Level::info, "access.tokens_loaded", "the tokens' file was read again");
    if (*fewer) feed_.end_all();  // who still may ask, asks again
}

asio::awaitable<void> MediaService::stop() {
    tasks_.stop();
    co_await server_.stop(kStopDeadline);
    co_await tasks_.join();
    co_await proxy_.stop();
    co_await end_leading();
}

// Hooks are hints: they make the control plane read the router's list, and decide nothing.
void MediaService::on_hook(HookEvent const& event, std::string_view query) {
    reporter_.on_hook(event);
    auto const& body = event.body;
    auto const& stream_id = body.stream.stream_id;
    if (body.stream.direction == base::Direction::out) {
        return control_.hint_output(stream_id, event.sender);
    }
    if (event.type == HookType::ready) {
        control_.hint_ready(stream_id, body.source_id, query, event.sender);
    } else {
        control_.hint_not_ready(stream_id, body.source_id, event.sender);
    }
}

// The router that has the stream, or the only one.
std::expected<RecordingRouter, std::string> MediaService::where_recorded(
    std::string const& stream_id, std::string_view named) const {
    auto const& routers = control_.routers();
    auto name = named.empty() ? control_.desired().router_of(stream_id) : std::string(named);
    if (name.empty() && routers.size() == 1) name = routers.status().front().address.name;
    if (name.empty()) {
        return std::unexpected("no router has the stream now; ?router= says which one is meant");
    }
    if (!reporter_.routers().contains(name)) {
        return std::unexpected("there is no router of this name");
    }
    auto const* const doors = routers.doors(name);
    return RecordingRouter{routers.access(name),
                           doors == nullptr ? std::nullopt : std::optional(doors->playback)};
}

void MediaService::route(Role role, std::string_view method, std::string_view pattern,
                         http::WaitingHandler handler, By by) {
    server_.route(method, pattern,
                  [this, role, by,
                   handler = std::move(handler)](http::Request const& request) -> http::NowOrLater {
                      if (auto refusal = access_.refusal(request, role)) {
                          return *std::move(refusal);
                      }
                      if (by == By::each || leadership_.leads()) return handler(request);
                      leadership_.passed_on();
                      if (request.path == kEventStream) return proxy_.pass_on_stream(request);
                      return proxy_.pass_on(request);
                  });
}

// Says who asks, so that a page knows what it can offer.
void MediaService::add_access_routes() {
    route(
        Role::viewer, "GET", "/v1/access", [this](auto const& request) { return who(request); },
        By::each);
    route(
        Role::viewer, "GET", "/v1/leader",
        [this](auto const&) { return document("application/json", leadership_.text()); }, By::each);
}

http::Response MediaService::who(http::Request const& request) {
    auto const client = access_.identify(request);
    if (!client) return client.error();
    std::string body;
    http::JsonObject object(body);
    object.add("name", client->name).add("role", name(client->role)).end();
    return document("application/json", body);
}

void MediaService::add_event_routes() {
    for (auto const type : {HookType::ready, HookType::not_ready}) {
        server_.route("POST", path_of(type), [this, type](auto const& request) -> http::NowOrLater {
            if (auto refusal = access_.hook_refusal(request)) {
                return hook_receiver_.refused(type, request, *std::move(refusal),
                                              "its sender may not send events");
            }
            if (leadership_.leads()) return hook_receiver_.receive(type, request);
            leadership_.passed_on();
            return proxy_.pass_on_hook(request);
        });
    }
}

void MediaService::add_stream_routes() {
    route(Role::viewer, "GET", "/v1/streams",
          [this](auto const& request) { return streams(request); });
    route(Role::viewer, "GET", "/v1/routers",
          [this](auto const&) { return document("application/json", watch_.routers()); });
    route(Role::viewer, "GET", "/v1/streams/{id}", [this](auto const& request) {
        auto const& id = request.params.at("id");
        return show_stream(hooks_, control_, request, watch_.media(id, control_.view(id)));
    });
    route(Role::viewer, "GET", "/v1/streams/{id}/history",
          [this](auto const& request) { return watch_.history(request); });
    route(Role::viewer, "GET", "/v1/streams/{id}/transcript",
          [this](auto const& request) { return transcript(records_, request); });
    for (auto const& [verb, action] :
         {std::pair{"restart", OperatorAction::restart}, std::pair{"stop", OperatorAction::stop},
          std::pair{"reset", OperatorAction::reset}}) {
        route(Role::operator_, "POST", "/v1/streams/{id}/" + std::string(verb),
              [this, action](auto const& request) {
                  return operate_stream(hooks_, control_, action, request);
              });
    }
    route(Role::viewer, "GET", "/v1/events",
          [this](auto const& request) { return list_events(hooks_, request); });
    route(Role::viewer, "GET", kEventStream,
          [this](auto const& request) { return watch_.open_feed(request); });
}

http::Response MediaService::streams(http::Request const& request) {
    auto const query = parse_stream_query(request);
    if (!query) return problem(Problem::bad_request, query.error());
    StreamSource const source{
        hooks_, control_.fleet(),
        [this](auto const& id, auto const& state) { return control_.view_of(id, state); },
        site_source(control_),
        [this](auto const& field, auto const& id, auto const& view) {
            return field == "media" ? watch_.media(id, view) : watch_.figures(view);
        }};
    return document("application/json", stream_page(source, *query));
}

void MediaService::add_recording_routes() {
    std::string const path = "/v1/streams/{id}/recordings/{side}";
    route(Role::viewer, "GET", path,
          [this](auto const& request) { return recordings_.show(request); });
    for (auto const& [verb, on] : {std::pair{"/start", true}, std::pair{"/stop", false}}) {
        route(Role::operator_, "POST", path + verb,
              [this, on](auto const& request) { return recordings_.switch_to(request, on); });
    }
}

void MediaService::add_destination_routes() {
    std::string const all = "/v1/streams/{id}/destinations";
    auto const one = all + "/{name}";
    route(Role::viewer, "GET", all,
          [this](auto const& request) { return destinations_.list(request); });
    route(Role::operator_, "POST", all,
          [this](auto const& request) { return destinations_.add(request); });
    route(Role::viewer, "GET", one,
          [this](auto const& request) { return destinations_.show(request); });
    route(Role::operator_, "DELETE", one,
          [this](auto const& request) { return destinations_.remove(request); });
    for (auto const& [verb, on] : {std::pair{"/enable", true}, std::pair{"/disable", false}}) {
        route(Role::operator_, "POST", one + verb,
              [this, on](auto const& request) { return destinations_.set_enabled(request, on); });
    }
    route(Role::operator_, "POST", one + "/restart",
          [this](auto const& request) { return destinations_.restart(request); });
}

void MediaService::add_health_routes() {
    server_.route("GET", "/healthz",
                  [](auto const&) { return document("application/json", R"({"status":"ok"})"); });
    server_.route("GET", "/readyz", [this](auto const& request) { return ready(request); });
    route(Role::viewer, "GET", "/metrics", [this](auto const&) { return metrics(); }, By::each);
}

// Who does not lead knows nothing of streams.
http::Response MediaService::metrics() {
    auto const of_replica = leadership_.metrics() + cluster_metrics(cluster_.get());
    if (!leadership_.leads()) return document(metrics::kContentType, of_replica);
    auto const now = Clock::now();
    auto const routers = control_.routers().status();
    std::optional<std::chrono::nanoseconds> oldest = std::chrono::nanoseconds{0};
    for (auto const& router : routers) {
        auto const& last = router.list.last_complete;
        oldest = last && oldest
                     ? std::optional(std::max<std::chrono::nanoseconds>(*oldest, now - *last))
                     : std::nullopt;
    }
    if (routers.empty()) oldest.reset();
    auto const& fleet = control_.fleet();
    metrics_.states(fleet.by_state(), fleet.waiting(), fleet.degraded(),
                    control_.desired().doubled(), oldest);
    auto const& handshakes = net::HandshakeLimit::of_program();
    metrics_.handshakes_refused(handshakes.refused_of_address(), handshakes.refused_in_all());
    return document(metrics::kContentType,
                    metrics_.registry().text() + of_replica + router_metrics(routers, now) +
                        stream_metrics(measured_streams(control_), fleet.size()));
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
        server_.route("GET", page.path, [this, &page](auto const& request) {
            auto response = document(page.content_type, page.body);
            auto const names = reporter_.routers() | std::views::keys;
            add_dashboard_headers(request, {names.begin(), names.end()}, response);
            return response;
        });
    }
}

// Probes ask without a token, so it says why only to those who may know.
http::Response MediaService::ready(http::Request const& request) const {
    if (!leadership_.leads()) {
        if (!proxy_.leader()) return problem(Problem::no_leader, kNoLeader);
    } else if (!reporter_.any_router_reachable()) {
        return problem(Problem::router_unreachable,
                       access_.identify(request) ? reporter_.router_error() : kNotReady);
    }
    return document("application/json", R"({"status":"ready"})");
}

}  // namespace tidegate::orchestrator
