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
        if (shared != nullptr) return serve(*shared, std::move(visit), query.encoded());
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
    auto answer = serve(session, visit, uris.encoded());
    auto* const now = std::get_if<Response>(&answer);
    auto response =
        now != nullptr ? std::move(*now) : co_await std::get<Awaited>(std::move(answer));
    if (takes_cookies && !visit.is_cdn) {
        response.headers.push_back(set_cookie(kSessionCookie, secret));
    }
    co_return response;
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

http::NowOrLater HlsServer::file(Visit visit) {
    if (auto const found = files_.find(visit.target.file); found != files_.end()) {
        return other_file(found->second, std::move(visit));
    }
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
    return serve(*session, std::move(visit), std::move(uris));
}

http::NowOrLater HlsServer::serve(HlsSession& session, Visit visit, std::string uri_query) {
    auto const& muxer = session.muxer();
    session.touch();
    muxer->touch();
    if (!muxer->works()) return error_response(500, "muxer instance not available");
    auto name = hls::parse_file_name(visit.target.file);
    if (!name) return empty_response(404);
    bool const has_directives = name->kind == hls::FileKind::playlist;
    auto request =
        hls::make_request(std::move(*name), has_directives ? hls::Query(visit.query) : hls::Query(),
                          std::move(uri_query));
    auto answer = muxer->edition()->answer(request);
    FileAsk ask{std::move(visit), muxer, std::move(request)};
    if (answer.outcome != hls::Outcome::wait) return respond(ask, std::move(answer), &session);
    ask.session = session.secret();
    return wait_for(std::move(ask));
}

// Not without end, as MediaMTX does.
HlsServer::Awaited HlsServer::wait_for(FileAsk ask) {
    auto& muxer = *ask.muxer;
    auto const began = HlsClock::now();
    bool const starting = !muxer.edition()->has_content();
    hls::Answer answer;
    answer.outcome = hls::Outcome::wait;
    while (answer.outcome == hls::Outcome::wait) {
        auto const patience = starting ? HlsClock::duration(kHlsFirstSegment)
                                       : HlsClock::duration(muxer.edition()->hold_time());
        bool const leading = HlsMuxer::leads(ask.request.file);
        bool const news = co_await muxer.wait(began + patience, leading);
        if (muxer.closed()) co_return empty_response(500);
        answer = muxer.edition()->answer(ask.request);
        if (news || answer.outcome != hls::Outcome::wait) continue;
        context_.items.refusals.timed_out.fetch_add(1, std::memory_order_relaxed);
        if (muxer.edition()->has_content()) answer = muxer.edition()->latest(ask.request);
        if (answer.outcome == hls::Outcome::wait) co_return empty_response(503);
    }
    co_return respond(ask, std::move(answer), sessions_.by_secret(ask.session));
}

// session: null when it has ended meanwhile.
Response HlsServer::respond(FileAsk const& ask, hls::Answer answer, HlsSession* session) {
    if (answer.outcome == hls::Outcome::bad_request) {
        context_.items.refusals.directives.fetch_add(1, std::memory_order_relaxed);
    }
    auto response = empty_response(status_of(answer.outcome));
    if (response.status != 200) return response;
    response.content_type = answer.content_type;
    response.headers.reserve(kUsualHeaders);
    response.headers.emplace_back("Cache-Control", cache_control(answer, ask.visit.is_cdn));
    response.slices = std::move(answer.body.parts);
    auto const kind = ask.request.file.kind;
    if (kind != hls::FileKind::index && kind != hls::FileKind::playlist) {
        response.headers.emplace_back("Accept-Ranges", "bytes");
        if (auto const range = ask.visit.request.header("range")) {
            http::apply_range(*range, response);
        }
    }
    auto const bytes = response.size();
    auto& muxer = *ask.muxer;
    muxer.record().outbound_bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (muxer.stream() != nullptr) muxer.stream()->count_outbound(bytes);
    if (session != nullptr) {
        session->record().outbound_bytes.fetch_add(bytes, std::memory_order_relaxed);
    }
    return response;
}

}  // namespace tidegate::router
