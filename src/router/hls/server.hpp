// The HTTP server of HLS, and of other forms in which players get a path's stream over HTTP. It
// runs on the web loop: what it does never delays a media loop. start() is called from the control
// loop; all else happens on the web loop.
//
// A route is added in the constructor: files_["live.mp4"] = <what answers GET /<path>/live.mp4>.
// Its answer may wait, and may take the connection over (http::Response::take_over). HlsVisitor
// authorizes the client. What still runs when the server stops has to end by itself: add it to
// on_stop_.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/server.hpp"
#include "net/task_group.hpp"
#include "router/hls/context.hpp"
#include "router/hls/directory.hpp"
#include "router/hls/dvr.hpp"
#include "router/hls/live.hpp"
#include "router/hls/muxer.hpp"
#include "router/hls/sessions.hpp"
#include "router/hls/target.hpp"
#include "router/hls/visitor.hpp"

namespace tidegate::router {

// A publisher that comes back within this time goes on in the same playlists, and its viewers stay.
// media-service keeps a worker for as long (Policy::grace).
inline constexpr std::chrono::seconds kHlsPublisherGap{30};
// How long index.m3u8 waits for the first segment. Some encoders send a key frame every 10 s, and a
// segment ends with the second one.
inline constexpr std::chrono::seconds kHlsFirstSegment{30};
// HTTP connections at once. A browser opens six at most for a player.
inline constexpr std::size_t kMaxHlsConnections = 16'000;

class HlsServer final : public StreamWatcher, public std::enable_shared_from_this<HlsServer> {
public:
    HlsServer(Services& services, HlsItems& items, config::mediamtx::Conf const& conf);
    ~HlsServer() override;

    // Listens, and logs it. The error is the sentence for the log. REQUIRES: a shared_ptr owns it.
    std::expected<void, std::string> start();
    // Ends sessions and muxers, then the connections, which have until the deadline.
    boost::asio::awaitable<void> stop(std::chrono::milliseconds deadline);
    // Ends the session of this id. Any thread.
    void kick(std::string const& id);

    void stream_began(std::shared_ptr<Stream> const& stream) override;

    // What a request for a file below a path is answered with. The request outlives the coroutine.
    struct Visit {
        http::Request const& request;
        HlsTarget target;
        std::string_view query;  // of the request, raw
        bool is_cdn = false;     // it has the CDN's secret
    };
    using FileRoute = std::function<boost::asio::awaitable<http::Response>(Visit const&)>;

private:
    using MuxerPtr = std::shared_ptr<HlsMuxer>;
    using Awaited = boost::asio::awaitable<http::Response>;
    using Muxers = std::map<std::string, MuxerPtr, std::less<>>;

    // What a muxer is asked for, and what its answer needs of the client's request.
    struct FileAsk {
        MuxerPtr muxer;
        hls::Request request;
        std::shared_ptr<HlsSessionRecord> session;  // that the bytes are counted for
        bool is_cdn = false;
        std::string range{};   // as the client wrote it; empty: it wants the whole file
        std::string origin{};  // whose pages may read the answer; empty: no others
        std::string access{};  // for the log; empty: it is not logged
    };
    class PendingFile;

    http::ServerSettings settings(config::mediamtx::Global const& global);
    http::NowOrLater answer(http::Request const& request);
    http::NowOrLater route(http::Request const& request);
    Awaited logged(http::Request const& request, Awaited answer);
    Awaited page(Visit visit);
    http::NowOrLater begin_session(Visit visit);
    Awaited open_session(Visit visit, std::string query);
    http::NowOrLater file(Visit visit);
    Awaited other_file(FileRoute const& route, Visit visit);
    Awaited recorded(Visit visit);
    // The answer, or what is to be waited for. REQUIRES: the session is the visit's.
    std::variant<http::Response, FileAsk> look(HlsSession& session, Visit const& visit,
                                               std::string uri_query);
    http::NowOrLater serve(HlsSession& session, Visit const& visit, std::string uri_query);
    // Nothing while there is nothing to answer.
    std::optional<http::Response> look_again(FileAsk const& ask, HlsWaiter::Woken why);
    http::Response respond(FileAsk const& ask, hls::Answer answer);
    bool has_cdn_secret(http::Request const& request) const;
    HlsSession* session_of(Visit const& visit);
    std::string access_of(http::Request const& request) const;
    void log_access(std::string access, http::Response const& response) const;

    // Null: there is none and none may be made; `refusal` says why.
    MuxerPtr muxer_for(std::string const& path, std::shared_ptr<Stream> const& stream,
                       std::string const& requested_by, std::string& refusal);
    MuxerPtr make_muxer(std::shared_ptr<Stream> const& stream, std::string const& requested_by);
    void on_stream(std::shared_ptr<Stream> const& stream);
    void on_publisher_left(std::string const& path);
    void on_failed(std::string const& path, std::string const& why);
    void destroy(std::string const& path, std::string_view reason);
    void end_everything();
    boost::asio::awaitable<void> sweep();
    void sweep_muxers(HlsClock::time_point now);

    HlsContext const context_;
    bool const logs_access_;
    std::unique_ptr<HlsDirectory> directory_;  // null: what is served is in memory only
    HlsSessions sessions_{context_};
    Live live_{context_};
    Dvr dvr_{context_};
    Muxers muxers_;
    // Automatic ones that have failed, by path: made again then.
    std::map<std::string, HlsClock::time_point> again_at_;
    std::map<std::string, FileRoute, std::less<>> files_;
    std::vector<std::function<void()>> on_stop_;
    net::TaskGroup tasks_;
    http::Server http_;
    bool stopped_ = false;
};

}  // namespace tidegate::router
