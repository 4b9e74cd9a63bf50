// What the HLS server answers: the beginning of a session, and the files of a muxer.
#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "http/byte_range.hpp"
#include "http/masked_query.hpp"
#include "router/api/answer.hpp"
#include "router/hls/server.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using http::Response;

namespace {

constexpr std::string_view kCookieCheck = "cookieCheck";
constexpr std::string_view kSessionCookie = "hlsSession";
constexpr std::string_view kSessionKey = "session";
constexpr std::size_t kUsualHeaders = 3;  // with that of CORS

// Partitioned, so that pages of different sites do not share them; browsers keep those over HTTPS
// only. Without cookies the URIs carry the session.
std::pair<std::string, std::string> set_cookie(std::string_view name, std::string_view value) {
    return {"Set-Cookie", std::string(name) + "=" + std::string(value) +
                              "; HttpOnly; Secure; SameSite=None; Partitioned"};
}

// Empty: there is none.
std::string_view cookie(http::Request const& request, std::string_view name) {
    auto rest = request.header("cookie").value_or("");
    while (!rest.empty()) {
        auto pair = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        while (pair.starts_with(' ')) pair.remove_prefix(1);
        auto const equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
            return pair.substr(equals + 1);
        }
    }
    return {};
}

// The client is to come again, with the cookie if it takes any.
Response cookie_check(http::Request const& request, hls::Query query) {
    query.set(kCookieCheck, "1");
    auto location = hls_page_location(request.path, {});
    location.back() = '?';  // for the slash of a page
    Response response;
    response.status = 302;
    response.headers = {{"Location", location + query.encoded()}, set_cookie(kCookieCheck, "1")};
    return response;
}

Response empty_response(unsigned status) {
    Response response;
    response.status = status;
    return response;
}

unsigned status_of(hls::Outcome outcome) {
    if (outcome == hls::Outcome::ready) return 200;
    return outcome == hls::Outcome::bad_request ? 400 : 404;
}

std::string cache_control(hls::Answer const& answer, bool is_cdn) {
    if (!is_cdn) return "private, no-cache";
    if (!answer.max_age) return "no-cache";
    return "public, max-age=" + std::to_string(answer.max_age->count());
}

// How long a request waits: not without end, as with MediaMTX.
HlsClock::time_point deadline_of(HlsMuxer const& muxer) {
    auto const& edition = *muxer.edition();
    return HlsClock::now() + (edition.has_content() ? HlsClock::duration(edition.hold_time())
                                                    : HlsClock::duration(kHlsFirstSegment));
}

std::shared_ptr<HlsSessionRecord> make_session_record(std::weak_ptr<HlsServer> server,
                                                      HlsVisitor const& visitor,
                                                      HlsAsk const& ask) {
    HlsSessionInfo info;
    info.id = ask.id;
    info.created = std::chrono::system_clock::now();
    info.remote_address = visitor.remote_address();
    info.path = ask.path;
    info.query = http::masked_query(ask.query);
    info.user = visitor.user();
    info.user_agent = visitor.user_agent();
    info.is_cdn = ask.trusted;
    return std::make_shared<HlsSessionRecord>(
        std::move(info), [server = std::move(server), id = ask.id](std::string const&) {
            if (auto const alive = server.lock()) alive->kick(id);
        });
}

}  // namespace

http::NowOrLater HlsServer::begin_session(Visit visit) {
    hls::Query query(visit.query);
    if (visit.is_cdn) {
        auto* const shared = sessions_.find_cdn(visit.target.path);
        if (shared != nullptr) return serve(*shared, visit, query.encoded());
        return open_session(std::move(visit), query.encoded());
    }
    auto const* const checked = query.get(kCookieCheck);
    if (checked == nullptr || *checked != "1") return cookie_check(visit.request, query);
    query.erase(kCookieCheck);
    return open_session(std::move(visit), query.encoded());
}

// query: the client's own.
HlsServer::Awaited HlsServer::open_session(Visit visit, std::string query) {
    HlsVisitor visitor(context_, visit.request);
    HlsAsk ask{.path = visit.target.path,
               .query = query,
               .id = base::random_uuid(),
               .log_name = {},
               .trusted = visit.is_cdn};
    ask.log_name = "[session " + ask.id.substr(0, 8) + "]";
    if (auto const why = sessions_.refusal(visitor.remote_ip()); !why.empty()) {
        auto response = error_response(503, why);
        response.headers.emplace_back("Retry-After", "10");
        co_return response;
    }
    log_hls(
        log::Level::info, "hls.session_created",
        ask.log_name + " created by " + visitor.remote_address() + (visit.is_cdn ? " (CDN)" : ""));
    auto const record = make_session_record(weak_from_this(), visitor, ask);
    auto admitted = co_await visitor.admit(ask);
    if (!admitted) co_return std::move(admitted.error());
    auto seat = co_await visitor.read(*admitted, PeerId{"hlsSession", ask.id});
    if (!seat) co_return std::move(seat.error());
    std::string refusal;
    auto const muxer = muxer_for(ask.path, seat->stream(), visitor.remote_address(), refusal);
    if (muxer == nullptr) co_return error_response(500, refusal);

    auto const kind = visit.is_cdn ? HlsSessionKind::cdn : HlsSessionKind::player;
    context_.items.sessions.add(record);
    log_hls(log::Level::info, "hls.session_reading",
            ask.log_name + " is reading from muxer '" + ask.path + "'");
    auto& session = sessions_.add(std::make_unique<HlsSession>(
        HlsSession::Client{ask.id, visitor.remote_ip(), std::move(*admitted), muxer, kind}, record,
        std::move(*seat)));
    std::string const secret = session.secret();

    // A client that has brought the cookie back needs no session in its URIs.
    bool const takes_cookies = cookie(visit.request, kCookieCheck) == "1";
    hls::Query uris(query);
    if (!takes_cookies && !visit.is_cdn) uris.set(kSessionKey, secret);
    auto found = look(session, visit, uris.encoded());
    std::optional<Response> response;
    if (auto* const now = std::get_if<Response>(&found)) response = std::move(*now);
    auto const deadline = deadline_of(*muxer);
    while (!response) {
        auto const& wanted = std::get<FileAsk>(found);
        response = look_again(wanted, co_await muxer->wait(deadline));
    }
    if (takes_cookies && !visit.is_cdn) {
        response->headers.push_back(set_cookie(kSessionCookie, secret));
    }
    co_return *std::move(response);
}

HlsSession* HlsServer::session_of(Visit const& visit) {
    if (visit.is_cdn) return sessions_.find_cdn(visit.target.path);
    auto const in_query = visit.request.query_value(kSessionKey).value_or("");
    auto* const session = sessions_.find(in_query, visit.target.path);
    if (session != nullptr) return session;
    return sessions_.find(cookie(visit.request, kSessionCookie), visit.target.path);
}

HlsServer::Awaited HlsServer::other_file(FileRoute const& route, Visit visit) {
    co_return co_await route(visit);
}

// Neither a session nor a muxer is made for it.
HlsServer::Awaited HlsServer::recorded(Visit visit) {
    co_return co_await dvr_.answer(
        {visit.request, visit.target.path, visit.target.file, visit.query});
}

http::NowOrLater HlsServer::file(Visit visit) {
    if (auto const found = files_.find(visit.target.file); found != files_.end()) {
        return other_file(found->second, std::move(visit));
    }
    if (visit.target.file.starts_with(hls::kDvrPrefix)) return recorded(std::move(visit));
    auto* const session = session_of(visit);
    if (session == nullptr && !visit.is_cdn) return error_response(401, "authentication error");
    std::string uris;
    if (session == nullptr || visit.target.file.ends_with(".m3u8")) {
        hls::Query query(visit.query);
        query.erase_directives();
        uris = query.encoded();
    }
    // A CDN may ask for a file whose index it has had from another server, or before our restart.
    if (session == nullptr) return open_session(std::move(visit), std::move(uris));
    session->use();
    return serve(*session, visit, std::move(uris));
}

// A client that waits for a file. It keeps only what the answer needs.
class HlsServer::PendingFile final : public http::PendingAnswer, public HlsWaiter {
public:
    PendingFile(HlsServer& server, FileAsk ask) : server_(server), ask_(std::move(ask)) {
        deadline = deadline_of(*ask_.muxer);
    }

    std::optional<Response> start(http::Asker& asker) override {
        asker_ = &asker;
        return look(Woken::news);
    }

    void wake(Woken why) override {
        if (auto response = look(why)) asker_->answer(*std::move(response));
    }

private:
    std::optional<Response> look(Woken why) {
        auto response = server_.look_again(ask_, why);
        if (!response) {
            ask_.muxer->wait(*this, HlsMuxer::leads(ask_.request.file));
            return response;
        }
        if (!ask_.access.empty()) server_.log_access(std::move(ask_.access), *response);
        if (!ask_.origin.empty()) {
            response->headers.emplace_back(kAllowOrigin, std::move(ask_.origin));
        }
        return response;
    }

    HlsServer& server_;
    FileAsk ask_;
    http::Asker* asker_ = nullptr;
};

http::NowOrLater HlsServer::serve(HlsSession& session, Visit const& visit, std::string uri_query) {
    auto found = look(session, visit, std::move(uri_query));
    if (auto* const now = std::get_if<Response>(&found)) return std::move(*now);
    auto& ask = std::get<FileAsk>(found);
    auto const& origins = context_.conf.listener.allow_origins;
    ask.origin = http::allowed_origin(visit.request, origins).value_or("");
    if (logs_access_) ask.access = access_of(visit.request);
    return std::make_unique<PendingFile>(*this, std::move(ask));
}

std::variant<Response, HlsServer::FileAsk> HlsServer::look(HlsSession& session, Visit const& visit,
                                                           std::string uri_query) {
    auto const& muxer = session.muxer();
    session.touch();
    muxer->touch();
    if (!muxer->works()) return error_response(500, "muxer instance not available");
    auto name = hls::parse_file_name(visit.target.file);
    if (!name) return empty_response(404);
    bool const has_directives = name->kind == hls::FileKind::playlist;
    FileAsk ask{.muxer = muxer,
                .request = hls::make_request(
                    std::move(*name), has_directives ? hls::Query(visit.query) : hls::Query(),
                    std::move(uri_query)),
                .session = session.record(),
                .is_cdn = visit.is_cdn,
                .range = std::string(visit.request.header("range").value_or(""))};
    auto answer = muxer->edition()->answer(ask.request);
    if (answer.outcome == hls::Outcome::wait) return ask;
    return respond(ask, std::move(answer));
}

std::optional<Response> HlsServer::look_again(FileAsk const& ask, HlsWaiter::Woken why) {
    if (ask.muxer->closed()) return empty_response(500);
    auto const& edition = *ask.muxer->edition();
    auto answer = edition.answer(ask.request);
    if (answer.outcome == hls::Outcome::wait) {
        if (why == HlsWaiter::Woken::news) return std::nullopt;
        context_.items.refusals.timed_out.fetch_add(1, std::memory_order_relaxed);
        if (edition.has_content()) answer = edition.latest(ask.request);
        if (answer.outcome == hls::Outcome::wait) return empty_response(503);
    }
    return respond(ask, std::move(answer));
}

Response HlsServer::respond(FileAsk const& ask, hls::Answer answer) {
    if (answer.outcome == hls::Outcome::bad_request) {
        context_.items.refusals.directives.fetch_add(1, std::memory_order_relaxed);
    }
    auto response = empty_response(status_of(answer.outcome));
    if (response.status != 200) return response;
    response.content_type = answer.content_type;
    response.headers.reserve(kUsualHeaders);
    response.headers.emplace_back("Cache-Control", cache_control(answer, ask.is_cdn));
    response.slices = std::move(answer.body.parts);
    auto const kind = ask.request.file.kind;
    if (kind != hls::FileKind::index && kind != hls::FileKind::playlist) {
        response.headers.emplace_back("Accept-Ranges", "bytes");
        if (!ask.range.empty()) http::apply_range(ask.range, response);
    }
    auto const bytes = response.size();
    auto& muxer = *ask.muxer;
    muxer.record().outbound_bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (muxer.stream() != nullptr) muxer.stream()->count_outbound(bytes);
    ask.session->outbound_bytes.fetch_add(bytes, std::memory_order_relaxed);
    return response;
}

}  // namespace tidegate::router
