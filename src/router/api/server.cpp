#include "router/api/server.hpp"

#include <algorithm>
#include <iterator>

#include "http/server.hpp"
#include "log/log.hpp"
#include "net/first_of.hpp"
#include "router/api/access.hpp"
#include "router/api/handlers.hpp"
#include "router/api/handshake_figures.hpp"
#include "router/api/metrics_page.hpp"
#include "router/api/playback.hpp"
#include "router/api/protocol_module.hpp"

namespace tidegate::router {
namespace {

// Bodies of changes to the configuration; MediaMTX takes as much.
constexpr std::size_t kMaxBodyBytes = 10 * 1024 * 1024;

// How many clients get a recording at the same time. Each has a file open, and a plan of a long one
// takes tens of megabytes for a moment.
constexpr std::size_t kMaxPlaybacks = 64;

std::string_view name_of(ApiKind kind) {
    if (kind == ApiKind::control) return "[API]";
    return kind == ApiKind::metrics ? "[metrics]" : "[playback]";
}

AuthAction action_of(ApiKind kind) {
    if (kind == ApiKind::control) return AuthAction::api;
    return kind == ApiKind::metrics ? AuthAction::metrics : AuthAction::playback;
}

config::mediamtx::HttpListener const& listener_of(ApiKind kind,
                                                  config::mediamtx::Global const& global) {
    if (kind == ApiKind::control) return global.api;
    return kind == ApiKind::metrics ? global.metrics : global.playback;
}

// /v3/info/ for /v3/info and the other way round, when that one exists: gin's courtesy.
http::Response redirect(http::Request const& request, std::string path) {
    auto const question = request.target.find('?');
    if (question != std::string::npos) path += request.target.substr(question);
    http::Response response;
    response.status = request.method == "GET" ? 301 : 307;
    response.headers = {{"Location", std::move(path)}};
    return response;
}

}  // namespace

class ApiServer::Impl {
public:
    Impl(asio::io_context& io, ApiKind kind, ApiContext context)
        : kind_(kind), context_(std::move(context)) {
        auto const conf = context_.config.get();
        listener_ = listener_of(kind, conf->global);
        server_ = std::make_unique<http::Server>(io, settings(conf->global));
        if (kind == ApiKind::control) add_api();
        if (kind == ApiKind::metrics) add_metrics();
        if (kind == ApiKind::playback) add_playback();
    }

    std::expected<void, std::string> start() {
        auto started = server_->start();
        if (started) say(log::Level::info, started_line(listener_));
        return started;
    }
    unsigned short port() const { return server_->port(); }
    asio::awaitable<void> stop(std::chrono::milliseconds deadline) {
        say(log::Level::info, "closing");
        co_await server_->stop(deadline);
    }

private:
    http::ServerSettings settings(config::mediamtx::Global const& global) {
        http::ServerSettings settings;
        settings.address = listener_.address;
        settings.tls = tls_of(listener_);
        settings.server_header = "mediamtx";
        settings.limits.body_bytes = kMaxBodyBytes;
        settings.limits.header_deadline =
            std::chrono::duration_cast<std::chrono::milliseconds>(global.read_timeout);
        settings.limits.write_deadline =
            std::chrono::duration_cast<std::chrono::milliseconds>(global.write_timeout);
        settings.require_length = false;
        settings.pages.origins = listener_.allow_origins;
        settings.refuse = [this](http::Refusal refusal, http::RefusalInfo const& info) {
            return refuse(refusal, info);
        };
        settings.gate = [this](http::Request const& request) { return admit(request); };
        settings.after = [this](http::Request const* request, http::Response& response) {
            if (request == nullptr) return;
            if (kind_ == ApiKind::playback)
                context_.playback->count(request->path, response.status);
            auto origin = http::allowed_origin(*request, listener_.allow_origins);
            if (origin) response.headers.emplace_back("Access-Control-Allow-Origin", *origin);
        };
        return settings;
    }

    void say(log::Level level, std::string_view text) const {
        log::write(level, "http", std::string(name_of(kind_)) + " " + std::string(text));
    }

    // MediaMTX has routes for neither; our HTTP server would answer both by itself.
    static std::optional<http::Response> unserved(http::Request const& request) {
        if (request.method == "HEAD" || request.method == "OPTIONS") return plain_not_found();
        return std::nullopt;
    }

    // Nothing when the request may go on.
    asio::awaitable<std::optional<http::Response>> admit(http::Request const& request) {
        if (auto answer = preflight(request, action_of(kind_))) co_return answer;
        auto asked = auth_request_of(request, listener_, action_of(kind_));
        if (kind_ == ApiKind::playback) {
            // Its permissions depend on the path, so a bad one is told first; other routes are
            // open.
            if (!has_route(request.method, request.path)) co_return unserved(request);
            if (auto const problem = playback_name_problem(request)) co_return failed(*problem);
            asked.path = query_param(request, "path");
        }
        auto const decision = co_await context_.auth.decide(std::move(asked));
        if (decision.result == AuthResult::allowed) co_return unserved(request);
        auto response = error_response(401, "authentication error");
        if (decision.result == AuthResult::credentials_missing) {
            response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"mediamtx\"");
        } else {
            say(log::Level::warn,
                "[conn " + request.remote_address + "] failed to authenticate: " + decision.why);
            co_await net::sleep_for(auth_pause());
        }
        co_return response;
    }

    http::Response refuse(http::Refusal refusal, http::RefusalInfo const& info) const {
        bool const no_route =
            refusal == http::Refusal::not_found || refusal == http::Refusal::method_not_allowed;
        // MediaMTX's answer to a body over the limit.
        if (refusal == http::Refusal::body_too_large) {
            return failed({400, "size exceeds maximum allowed"});
        }
        if (!no_route) return failed({info.status, std::string(info.detail)});
        if (info.request != nullptr) {
            auto path = info.request->path;
            if (path.ends_with('/') && has_route(info.request->method, path)) {
                return failed({400, "invalid name"});
            }
            if (path.size() > 1 && path.ends_with('/')) {
                path.pop_back();
            } else {
                path += '/';
            }
            if (has_route(info.request->method, path)) return redirect(*info.request, path);
        }
        return plain_not_found();
    }

    // Whether a path is a route without captures, or one whose captured rest is empty.
    bool has_route(std::string_view method, std::string_view path) const {
        return std::ranges::any_of(routes_, [&](Route const& route) {
            auto const& pattern = route.pattern;
            auto const fixed = std::string_view(pattern).substr(0, pattern.find("{name...}"));
            return route.method == method && fixed == path && is_on(route.module);
        });
    }

    // The configuration may turn a protocol on or off at any time. The server goes on meanwhile,
    // so that no request is lost. Null: what belongs to no module is always there.
    bool is_on(ProtocolModule const* module) const {
        return module == nullptr || module->enabled(context_.config.get()->global);
    }

    http::Response failed(ApiError const& error) const {
        say(log::Level::error, error.message);
        return error_response(error.status, error.message);
    }

    http::Response answered(Answer answer) const {
        return answer ? json_response(*std::move(answer)) : failed(answer.error());
    }

    http::NowOrLater answered_later(FileAnswer answer) {
        if (!answer) return failed(answer.error());
        return run(*std::move(answer));
    }
    asio::awaitable<http::Response> run(FileJob job) {
        co_return answered(co_await context_.files.run(std::move(job)));
    }

    // Is given back when the last copy goes.
    using PlaybackPlace = std::shared_ptr<void>;
    PlaybackPlace take_place() {
        ++context_.playback->clients;
        return {static_cast<void*>(nullptr),
                [figures = context_.playback](void*) { --figures->clients; }};
    }

    // GET /get of the playback server.
    asio::awaitable<http::Response> play(http::Request const& request) {
        if (context_.playback->clients >= kMaxPlaybacks) {
            co_return failed({503, "too many playbacks at the same time"});
        }
        auto job = get_playback(context_, request);
        if (!job) co_return failed(job.error());
        auto const place = take_place();
        auto playback = co_await context_.files.run(*std::move(job));
        if (!playback) co_return failed(playback.error());
        http::Response response;
        response.content_type = "video/mp4";
        response.headers = {{"Accept-Ranges", "none"}};
        bool const chunked = !playback->size && !request.http_1_0;
        if (playback->size) {
            response.headers.emplace_back("Content-Length", std::to_string(*playback->size));
        } else if (chunked) {
            response.headers.emplace_back("Transfer-Encoding", "chunked");
        }
        auto const pump =
            std::make_shared<ClipPump>(std::move(playback->next), chunked, context_.playback);
        response.take_over = [this, pump, place](net::Link link) {
            return send(std::move(link), pump, place);
        };
        co_return response;
    }

    // place: is held until everything is sent.
    asio::awaitable<void> send(net::Link link, std::shared_ptr<ClipPump> pump, PlaybackPlace) {
        auto const timeout = context_.config.get()->global.write_timeout;
        auto const why =
            co_await send_clip(std::move(link), context_.files, std::move(pump), {timeout});
        if (!why.empty()) say(log::Level::error, why);
    }

    void add(std::string_view method, std::string_view pattern, http::WaitingHandler handler,
             ProtocolModule const* module = nullptr) {
        routes_.push_back({std::string(method), std::string(pattern), module});
        server_->route(method, pattern, std::move(handler));
    }

    void add_endpoints(std::vector<ApiEndpoint> endpoints, ProtocolModule const* module) {
        for (auto& endpoint : endpoints) {
            auto const answer = [this, module,
                                 endpoint](http::Request const& request) -> http::NowOrLater {
                if (!is_on(module)) return plain_not_found();
                if (endpoint.handle_files) return answered_later(endpoint.handle_files(request));
                return answered(endpoint.handle(request));
            };
            add(endpoint.method, endpoint.pattern, answer, module);
        }
    }

    void add_api() {
        add_endpoints(api_endpoints(context_), nullptr);
        for (auto const& module : context_.modules)
            add_endpoints(module->endpoints(), module.get());
    }

    std::vector<MetricsBlock> metrics_blocks() const {
        std::vector blocks{paths_block(context_.paths)};
        if (context_.config.get()->global.playback.enabled) {
            blocks.push_back(playback_block(*context_.playback));
        }
        blocks.push_back(handshakes_block());
        for (auto const& module : context_.modules) {
            if (is_on(module.get()))
                std::ranges::move(module->metrics(), std::back_inserter(blocks));
        }
        return blocks;
    }

    void add_metrics() {
        add("GET", "/metrics", [this](http::Request const& request) {
            http::Response response;
            response.body = metrics_page(metrics_blocks(), request);
            if (!response.body.empty()) response.content_type = "text/plain; charset=utf-8";
            return response;
        });
    }

    void add_playback() {
        add("GET", "/list", [this](http::Request const& request) {
            return answered_later(list_playback(context_, request));
        });
        add("GET", "/get", [this](http::Request const& request) { return play(request); });
    }

    struct Route {
        std::string method, pattern;
        ProtocolModule const* module;  // null: none
    };

    ApiKind kind_;
    ApiContext context_;
    config::mediamtx::HttpListener listener_;
    std::unique_ptr<http::Server> server_;
    std::vector<Route> routes_;
};

ApiServer::ApiServer(asio::io_context& io, ApiKind kind, ApiContext context)
    : impl_(std::make_unique<Impl>(io, kind, std::move(context))) {}
ApiServer::~ApiServer() = default;
std::expected<void, std::string> ApiServer::start() {
    return impl_->start();
}
unsigned short ApiServer::port() const {
    return impl_->port();
}
asio::awaitable<void> ApiServer::stop(std::chrono::milliseconds deadline) {
    return impl_->stop(deadline);
}

}  // namespace tidegate::router
