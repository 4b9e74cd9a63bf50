#include "router/hls/server.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "net/first_of.hpp"
#include "router/api/access.hpp"
#include "router/api/answer.hpp"
#include "router/hls/page.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using http::Response;

namespace {

// A player's request has no body.
constexpr std::size_t kMostBody = 1024;
// A cookie and a token may be long.
constexpr std::size_t kMostHeader = 16 * 1024;

std::unique_ptr<HlsDirectory> make_directory(std::string const& root) {
    if (root.empty()) return nullptr;
    return std::make_unique<HlsDirectory>(
        root, [](std::string const& path, std::string const& why) {
            log_hls(log::Level::error, "hls.directory_failed", "[muxer " + path + "] " + why);
        });
}

void log_hls_task(std::string const& name, std::string const& what) {
    log_hls(log::Level::error, "task.failed", "[" + name + "] internal error: " + what);
}

}  // namespace

HlsServer::HlsServer(Services& services, HlsItems& items, config::mediamtx::Conf const& conf)
    : context_{services, items, conf.global.hls},
      logs_access_(conf.global.log_level == config::mediamtx::LogLevel::debug),
      directory_(make_directory(conf.global.hls.directory)),
      tasks_(context_.io(), log_hls_task),
      http_(context_.io(), settings(conf.global)) {
    files_[kLiveFile] = [this](Visit const& visit) {
        return live_.answer({visit.request, visit.target.path, visit.query, visit.is_cdn});
    };
    on_stop_.emplace_back([this] { live_.end_all("terminated"); });
}

HlsServer::~HlsServer() = default;

http::ServerSettings HlsServer::settings(config::mediamtx::Global const& global) {
    http::ServerSettings settings;
    settings.address = context_.conf.listener.address;
    settings.tls = tls_of(context_.conf.listener);
    settings.server_header = "mediamtx";
    settings.limits.header_bytes = kMostHeader;
    settings.limits.body_bytes = kMostBody;
    settings.limits.connections = kMaxHlsConnections;
    using std::chrono::milliseconds;
    settings.limits.header_deadline = std::chrono::duration_cast<milliseconds>(global.read_timeout);
    settings.limits.write_deadline = std::chrono::duration_cast<milliseconds>(global.write_timeout);
    settings.pages.origins = context_.conf.listener.allow_origins;
    settings.refuse = [](http::Refusal, http::RefusalInfo const& info) {
        return error_response(info.status, info.detail);
    };
    settings.handle = [this](http::Request const& request) { return answer(request); };
    settings.after = [this](http::Request const* request, Response& response) {
        if (request == nullptr) return;
        auto origin = http::allowed_origin(*request, context_.conf.listener.allow_origins);
        if (origin) response.headers.emplace_back(kAllowOrigin, *std::move(origin));
    };
    return settings;
}

std::expected<void, std::string> HlsServer::start() {
    if (auto started = http_.start(); !started) return started;
    log_hls(log::Level::info, "listener.started", started_line(context_.conf.listener));
    asio::post(context_.io(), [self = shared_from_this()] {
        if (self->stopped_) return;
        self->tasks_.spawn("hls sweep", self->sweep());
        self->context_.services.paths.watch(*self);
    });
    return {};
}

void HlsServer::end_everything() {
    if (std::exchange(stopped_, true)) return;
    context_.services.paths.unwatch(*this);
    tasks_.stop();
    for (auto const& end : on_stop_) end();
    while (!muxers_.empty()) destroy(muxers_.begin()->first, "terminated");
}

asio::awaitable<void> HlsServer::stop(std::chrono::milliseconds deadline) {
    log_hls(log::Level::info, "listener.closing", "closing");
    end_everything();
    co_await http_.stop(deadline);
    co_await tasks_.join();
}

void HlsServer::kick(std::string const& id) {
    asio::post(context_.io(),
               [self = shared_from_this(), id] { self->sessions_.end_by_id(id, "kicked"); });
}

http::NowOrLater HlsServer::answer(http::Request const& request) {
    auto answer = route(request);
    if (!logs_access_) return answer;
    if (std::holds_alternative<std::unique_ptr<http::PendingAnswer>>(answer)) return answer;
    if (auto* const later = std::get_if<Awaited>(&answer)) {
        return logged(request, std::move(*later));
    }
    log_access(access_of(request), std::get<Response>(answer));
    return answer;
}

HlsServer::Awaited HlsServer::logged(http::Request const& request, Awaited answer) {
    auto response = co_await std::move(answer);
    log_access(access_of(request), response);
    co_return response;
}

// As MediaMTX does at level debug, but on one line, and without what may be a secret.
std::string HlsServer::access_of(http::Request const& request) const {
    return "[conn " + request.remote_address + "] " + request.method + " " + request.path;
}

void HlsServer::log_access(std::string access, Response const& response) const {
    log_hls(log::Level::debug, "hls.request",
            std::move(access) + ": " + std::to_string(response.status) + ", " +
                std::to_string(response.size()) + " bytes");
}

http::NowOrLater HlsServer::route(http::Request const& request) {
    if (auto answer = preflight(request, AuthAction::read)) return *std::move(answer);
    if (request.method != "GET") return plain_not_found();
    auto const question = request.target.find('?');
    auto const query = question == std::string::npos
                           ? std::string_view()
                           : std::string_view(request.target).substr(question + 1);
    Visit visit{request, hls_target_of(request.path), query, has_cdn_secret(request)};
    switch (visit.target.kind) {
        case HlsTargetKind::index:
            if (Dvr::is_asked(request)) return recorded(std::move(visit));
            return begin_session(std::move(visit));
        case HlsTargetKind::file:
            return file(std::move(visit));
        case HlsTargetKind::page:
            return page(std::move(visit));
        case HlsTargetKind::no_slash: {
            Response response;
            response.status = 302;
            response.headers = {{"Location", hls_page_location(request.path, query)}};
            return response;
        }
        case HlsTargetKind::nothing:
            break;
    }
    return plain_not_found();
}

HlsServer::Awaited HlsServer::page(Visit visit) {
    HlsVisitor visitor(context_, visit.request);
    auto admitted = co_await visitor.admit({.path = visit.target.path,
                                            .query = std::string(visit.query),
                                            .log_name = "[conn " + visitor.remote_address() + "]"});
    if (!admitted) co_return std::move(admitted.error());
    co_return hls_page(visit.target.path, visit.query);
}

bool HlsServer::has_cdn_secret(http::Request const& request) const {
    auto const& secret = context_.conf.cdn_secret;
    auto const given = request.header("authorization").value_or("");
    if (secret.empty() || given.empty()) return false;
    auto const expected = "Bearer " + secret;
    if (given.size() != expected.size()) return false;
    unsigned char difference = 0;  // all bytes are looked at, so the time tells nothing
    for (std::size_t i = 0; i < given.size(); ++i) {
        difference |= static_cast<unsigned char>(given[i] ^ expected[i]);
    }
    return difference == 0;
}

}  // namespace tidegate::router
