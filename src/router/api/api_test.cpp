#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "router/api/access.hpp"
#include "router/api/handlers.hpp"
#include "router/api/metrics_page.hpp"
#include "router/api/playback.hpp"

namespace tidegate::router {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kId = "0a1b2c3d-0000-4000-8000-000000000001";

// Paths as a test writes them down. Their names are looked up in the same configuration.
class FakePaths : public PathsView {
public:
    explicit FakePaths(config::mediamtx::Conf const& conf) : matcher_(*PathMatcher::create(conf)) {}

    std::vector<PathInfo> all;

    PathsPage page(std::size_t first, std::size_t last) const override {
        PathsPage found;
        for (auto& path : in_order()) {
            auto const place = found.total++;
            if (first <= place && place < last) found.paths.push_back(std::move(path));
        }
        return found;
    }
    void each(std::function<void(PathFigures const&)> const& visit) const override {
        for (auto const& path : in_order()) {
            visit({.name = path.name,
                   .available = path.available_since.has_value(),
                   .readers = path.readers,
                   .inbound_bytes = path.inbound_bytes,
                   .outbound_bytes = path.outbound_bytes,
                   .inbound_frames_in_error = path.inbound_frames_in_error});
        }
    }
    std::optional<PathInfo> snapshot(std::string_view name) const override {
        auto const path = std::ranges::find(all, name, &PathInfo::name);
        return path == all.end() ? std::nullopt : std::optional(*path);
    }
    std::expected<PathMatch, std::string> find(std::string_view name) const override {
        return matcher_.find(name);
    }

private:
    std::vector<PathInfo> in_order() const {
        auto paths = all;
        std::ranges::sort(paths, {}, &PathInfo::name);
        return paths;
    }

    PathMatcher matcher_;
};

WallTime at_tenth() {
    // 2026-01-02T10:00:07.1Z
    return WallTime{std::chrono::milliseconds{1'767'348'007'100}};
}

media::H264Config sps_720p() {
    return {{0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00,
             0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60},
            {0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}};
}

PathInfo live_path() {
    PathInfo path;
    path.name = "live/s1/in";
    path.conf_name = "~^live/([^/]+)/in$";
    path.available_since = path.online_since = at_tenth();
    path.source = PeerId{"rtmpConn", kId};
    path.tracks = std::make_shared<ShownTracks const>(
        media::Tracks{{sps_720p()}, {media::AacConfig{{0x11, 0x90}, 48000, 2}}});
    path.readers = std::make_shared<Readers const>(
        Readers{{"rtmpConn", "z"}, {"rtspSession", "a"}, {"rtspSession", "b"}});
    path.inbound_bytes = 123;
    path.outbound_bytes = 45;
    return path;
}

class ApiTest : public testing::Test {
protected:
    std::unique_ptr<ConfigStore> config_;
    std::unique_ptr<FakePaths> paths_;
    asio::io_context io_;
    AccessControl auth_{io_};
    net::FileThreads files_{1};

    void SetUp() override {
        setenv("TZ", "UTC", 1);
        tzset();
        auto conf = config::mediamtx::parse(
            "api: yes\npaths:\n  '~^live/([^/]+)/in$':\n    runOnReady: x\n  cam:\n", {});
        ASSERT_TRUE(conf.has_value()) << conf.error();
        ASSERT_TRUE(auth_.configure(conf->global).has_value());
        config_ = std::make_unique<ConfigStore>(
            std::make_shared<config::mediamtx::Conf const>(std::move(*conf)));
        paths_ = std::make_unique<FakePaths>(*config_->get());
    }
    ApiContext context() { return {*paths_, *config_, auth_, files_, at_tenth()}; }

    using Query = std::vector<std::pair<std::string, std::string>>;
    http::Request request(Query query = {}, std::string name = {}) {
        http::Request made;
        made.method = "GET";
        made.query = std::move(query);
        made.params["name"] = name;
        made.params["id"] = name;
        made.remote_ip = "127.0.0.1";
        return made;
    }
    std::string page(Query query) { return metrics_page({paths_block(*paths_)}, request(query)); }
    std::string text(FileAnswer const& answer) {
        return text(answer ? (*answer)() : Answer(std::unexpected(answer.error())));
    }
    std::string text(Answer const& answer) {
        if (answer) return *answer;
        return std::to_string(answer.error().status) + " " + answer.error().message;
    }
};

TEST_F(ApiTest, ShowsAPathExactlyAsMediamtxDoes) {
    paths_->all = {live_path()};
    EXPECT_EQ(text(get_path(context(), request({}, "live/s1/in"))),
              std::string(R"({"name":"live/s1/in","confName":"~^live/([^/]+)/in$","ready":true,)") +
                  R"("readyTime":"2026-01-02T10:00:07.1Z","available":true,)"
                  R"("availableTime":"2026-01-02T10:00:07.1Z","online":true,)"
                  R"("onlineTime":"2026-01-02T10:00:07.1Z","source":{"type":"rtmpConn","id":")" +
                  kId +
                  R"("},"tracks":["H264","MPEG-4 Audio"],"tracks2":[{"codec":"H264","codecProps":)"
                  R"({"width":1280,"height":720,"profile":"High","level":"3.1"}},)"
                  R"({"codec":"MPEG-4 Audio","codecProps":{"sampleRate":48000,"channelCount":2}}],)"
                  R"("readers":[{"type":"rtmpConn","id":"z"},{"type":"rtspSession","id":"a"},)"
                  R"({"type":"rtspSession","id":"b"}],"inboundBytes":123,"outboundBytes":45,)"
                  R"("inboundFramesInError":0,"bytesReceived":123,"bytesSent":45})");
}

TEST_F(ApiTest, EscapesWhatANameMayHold) {
    paths_->all = {live_path()};
    paths_->all[0].name = "a\"b\\c<d>\n\xc3\xa9&";
    paths_->all[0].available_since = WallTime{std::chrono::nanoseconds{1'000'000'050}};
    EXPECT_THAT(
        text(get_path(context(), request({}, paths_->all[0].name))),
        testing::AllOf(testing::HasSubstr(R"({"name":"a\"b\\c\u003cd\u003e\n)"
                                          "\xc3\xa9"
                                          R"(\u0026","confName")"),
                       testing::HasSubstr(R"("readyTime":"1970-01-01T00:00:01.00000005Z")")));
}

TEST_F(ApiTest, ShowsAnIdlePath) {
    paths_->all = {PathInfo{}};
    paths_->all[0].name = paths_->all[0].conf_name = "cam";
    EXPECT_EQ(text(get_path(context(), request({}, "cam"))),
              R"({"name":"cam","confName":"cam","ready":false,"readyTime":null,"available":false,)"
              R"("availableTime":null,"online":false,"onlineTime":null,"source":null,"tracks":[],)"
              R"("tracks2":[],"readers":[],"inboundBytes":0,"outboundBytes":0,)"
              R"("inboundFramesInError":0,"bytesReceived":0,"bytesSent":0})");
    EXPECT_EQ(text(get_path(context(), request({}, "nope"))), "404 path not found");
    EXPECT_EQ(text(get_path(context(), request({}, ""))), "400 invalid name");
}

TEST_F(ApiTest, Pages) {
    EXPECT_EQ(text(list_paths(context(), request())),
              R"({"itemCount":0,"pageCount":0,"items":[]})");
    for (auto const* name : {"b", "a", "c"}) {
        paths_->all.emplace_back();
        paths_->all.back().name = name;
    }
    auto const first = text(list_paths(context(), request({{"itemsPerPage", "2"}})));
    EXPECT_THAT(first, StartsWith(R"({"itemCount":3,"pageCount":2,"items":[{"name":"a",)"));
    EXPECT_THAT(first, Not(HasSubstr(R"("name":"c")")));
    EXPECT_THAT(text(list_paths(context(), request({{"itemsPerPage", "2"}, {"page", "1"}}))),
                HasSubstr(R"([{"name":"c")"));
    EXPECT_EQ(text(list_paths(context(), request({{"page", "9"}}))),
              R"({"itemCount":3,"pageCount":1,"items":[]})");
    EXPECT_EQ(text(list_paths(context(),
                              request({{"page", "2147483647"}, {"itemsPerPage", "2147483647"}}))),
              R"({"itemCount":3,"pageCount":1,"items":[]})");
    EXPECT_EQ(text(list_paths(context(), request({{"itemsPerPage", "0"}}))),
              "400 invalid items per page");
    EXPECT_EQ(text(list_paths(context(), request({{"page", "x"}}))),
              R"(400 strconv.ParseUint: parsing "x": invalid syntax)");
    EXPECT_EQ(text(list_paths(context(), request({{"page", "-1"}}))),
              R"(400 strconv.ParseUint: parsing "-1": invalid syntax)");
    EXPECT_EQ(text(list_paths(context(), request({{"page", "4294967296"}}))),
              R"(400 strconv.ParseUint: parsing "4294967296": value out of range)");
}

TEST_F(ApiTest, APathWithAllTheReadersDoesNotMakeRoomForAThousandOfItsKind) {
    auto crowded = live_path();
    crowded.name = "a";
    crowded.readers = std::make_shared<Readers const>(10'000, PeerId{"rtspSession", kId});
    paths_->all.assign(1000, live_path());
    paths_->all.front() = crowded;
    auto const answer = list_paths(context(), request({{"itemsPerPage", "1000"}}));
    ASSERT_TRUE(answer);
    EXPECT_GT(answer->size(), 1'000'000U);
    EXPECT_LT(answer->capacity(), 4 * answer->size());
}

TEST_F(ApiTest, ShowsTheConfiguration) {
    EXPECT_EQ(text(get_info(context(), request())),
              R"({"version":"v1.20.1","started":"2026-01-02T10:00:07.1Z"})");
    EXPECT_THAT(text(get_config_global(context(), request())),
                StartsWith(R"({"logLevel":"info","logDestinations":["stdout"],)"));
    EXPECT_THAT(text(get_config_path_defaults(context(), request())),
                StartsWith(R"({"name":"","source":"publisher",)"));
    EXPECT_THAT(text(list_config_paths(context(), request())),
                StartsWith(R"({"itemCount":2,"pageCount":1,"items":[{"name":"cam",)"));
    EXPECT_THAT(text(get_config_path(context(), request({}, "~^live/([^/]+)/in$"))),
                HasSubstr(R"("runOnAvailable":"x")"));
    EXPECT_EQ(text(get_config_path(context(), request({}, "x"))),
              "404 path configuration not found");
}

TEST_F(ApiTest, ChangesTheConfiguration) {
    std::vector<std::string> documents;
    auto changing = context();
    changing.accept_config = [&](boost::json::object document) -> std::expected<void, std::string> {
        documents.push_back(boost::json::serialize(document));
        if (documents.back().contains("refuse")) return std::unexpected("no such thing");
        return {};
    };
    auto const with = [&](std::string name, std::string body) {
        auto made = request({}, std::move(name));
        made.body = std::move(body);
        return made;
    };
    auto const ok = R"({"status":"ok"})";
    EXPECT_EQ(text(patch_config_global(changing, with("", R"({"rtmp":false})"))), ok);
    EXPECT_THAT(documents.back(), HasSubstr(R"("rtmp":false)"));
    EXPECT_EQ(text(patch_config_path_defaults(changing, with("", R"({"maxReaders":2})"))), ok);
    EXPECT_EQ(text(add_config_path(changing, with("new/one", "{}"))), ok);
    EXPECT_EQ(text(add_config_path(changing, with("cam", "{}"))), "400 path already exists");
    EXPECT_EQ(text(add_config_path(changing, with("", "{}"))), "400 invalid name");
    EXPECT_EQ(text(patch_config_path(changing, with("none", "{}"))), "404 path not found");
    EXPECT_EQ(text(replace_config_path(changing, with("none", "{}"))), ok);
    EXPECT_EQ(text(delete_config_path(changing, with("cam", ""))), ok);
    EXPECT_EQ(text(delete_config_path(changing, with("none", ""))), "404 path not found");
    EXPECT_EQ(text(patch_config_path(changing, with("cam", R"({"runOnRead":"refuse"})"))),
              "400 no such thing");
}

TEST_F(ApiTest, HasNoRecordings) {
    EXPECT_EQ(text(list_recordings(context(), request())),
              R"({"itemCount":0,"pageCount":0,"items":[]})");
    EXPECT_EQ(text(get_recording(context(), request({}, "live/a/in"))),
              R"({"name":"live/a/in","segments":[]})");
    EXPECT_EQ(text(get_recording(context(), request({}, "x"))), "400 path 'x' is not configured");
}

TEST_F(ApiTest, PlaybackSaysWhyThereIsNothing) {
    EXPECT_EQ(playback_name_problem(request({{"path", "/x"}}))->message,
              "invalid path name: can't begin with a slash (/x)");
    EXPECT_FALSE(playback_name_problem(request({{"path", "x"}})));
    EXPECT_EQ(text(list_playback(context(), request({{"path", "other"}}))),
              "400 path 'other' is not configured");
    EXPECT_THAT(
        text(list_playback(context(), request({{"path", "live/a/in"}}))),
        testing::AllOf(StartsWith("400 lstat /"),
                       testing::EndsWith("/recordings/live/a/in: no such file or directory")));
    EXPECT_THAT(text(list_playback(context(), request({{"path", "cam"}, {"start", "yesterday"}}))),
                StartsWith("400 invalid start: "));
    auto const ask = [&](std::string start, std::string duration, std::string format) {
        auto const job = get_playback(context(), request({{"path", "cam"},
                                                          {"start", std::move(start)},
                                                          {"duration", std::move(duration)},
                                                          {"format", std::move(format)}}));
        if (!job) return text(Answer(std::unexpected(job.error())));
        auto const found = (*job)();
        return found ? "found" : text(Answer(std::unexpected(found.error())));
    };
    EXPECT_THAT(ask("2026-01-02T10:00:07.5+01:00", "10", ""), StartsWith("400 lstat /"));
    EXPECT_THAT(ask("2026-01-02T10:00:07Z", "x", ""), StartsWith("400 invalid duration: "));
    EXPECT_EQ(ask("2026-01-02T10:00:07Z", "1m", "avi"), "400 invalid format: avi");
    EXPECT_THAT(ask("2026-01-02", "1", ""), StartsWith("400 invalid start: "));
}

TEST_F(ApiTest, MetricsAreMediamtxsText) {
    EXPECT_EQ(page({{"type", "paths"}}),
              "# Paths\npaths 0\npaths_inbound_bytes 0\npaths_outbound_bytes 0\n"
              "paths_inbound_frames_in_error 0\n\n# Paths (deprecated)\npaths_bytes_received 0\n"
              "paths_bytes_sent 0\npaths_readers 0\n\n");
    paths_->all = {live_path(), PathInfo{}};
    paths_->all[1].name = "cam";
    EXPECT_EQ(page({{"type", "paths"}}),
              "# Paths\n"
              "paths{name=\"cam\",state=\"notReady\"} 1\n"
              "paths_readers{name=\"cam\",readerType=\"\",state=\"notReady\"} 0\n"
              "paths_inbound_bytes{name=\"cam\",state=\"notReady\"} 0\n"
              "paths_outbound_bytes{name=\"cam\",state=\"notReady\"} 0\n"
              "paths_inbound_frames_in_error{name=\"cam\",state=\"notReady\"} 0\n"
              "paths{name=\"live/s1/in\",state=\"ready\"} 1\n"
              "paths_readers{name=\"live/s1/in\",readerType=\"rtmpConn\",state=\"ready\"} 1\n"
              "paths_readers{name=\"live/s1/in\",readerType=\"rtspSession\",state=\"ready\"} 2\n"
              "paths_inbound_bytes{name=\"live/s1/in\",state=\"ready\"} 123\n"
              "paths_outbound_bytes{name=\"live/s1/in\",state=\"ready\"} 45\n"
              "paths_inbound_frames_in_error{name=\"live/s1/in\",state=\"ready\"} 0\n\n"
              "# Paths (deprecated)\n"
              "paths_bytes_received{name=\"cam\",state=\"notReady\"} 0\n"
              "paths_bytes_sent{name=\"cam\",state=\"notReady\"} 0\n"
              "paths_bytes_received{name=\"live/s1/in\",state=\"ready\"} 123\n"
              "paths_bytes_sent{name=\"live/s1/in\",state=\"ready\"} 45\n\n");
}

TEST_F(ApiTest, MetricsAreFiltered) {
    EXPECT_EQ(page({{"type", "bogus"}}), "");
    EXPECT_EQ(page({{"path", "x"}}), "");
    EXPECT_EQ(page({{"hls_muxer", "x"}}), "");
    paths_->all = {live_path()};
    EXPECT_EQ(page({{"path", "x"}}), "# Paths\n\n# Paths (deprecated)\n\n");
    EXPECT_THAT(page({{"path", "live/s1/in"}}), HasSubstr("paths{name=\"live/s1/in\""));
}

// The order of the page is MediaMTX's, not that of the modules; a block that it does not know
// follows.
TEST_F(ApiTest, MetricsBlocksStandInMediamtxsOrder) {
    auto const block = [](std::string name, std::string filter) {
        return MetricsBlock{name, filter, [name](MetricsText& out, std::string const& wanted) {
                                out.title(name + wanted);
                            }};
    };
    std::vector<MetricsBlock> const blocks{block("toys", "toy"), block("rtmp_conns", "rtmp_conn"),
                                           block("hls_sessions", "hls_session"),
                                           block("paths", "path")};
    EXPECT_EQ(metrics_page(blocks, request()), "paths\nhls_sessions\nrtmp_conns\ntoys\n");
    EXPECT_EQ(metrics_page(blocks, request({{"type", "toys"}})), "toys\n");
    EXPECT_EQ(metrics_page(blocks, request({{"toy", "!"}})), "toys!\n");
    EXPECT_EQ(metrics_page(blocks, request({{"moq_session", "m"}})), "");
}

TEST_F(ApiTest, TakesCredentialsInEveryForm) {
    config::mediamtx::HttpListener const listener{true, ":1", {"*"}, {"127.0.0.1/32"}};
    auto const with = [&](std::string header) {
        auto made = request();
        made.headers = {{"authorization", std::move(header)}};
        return auth_request_of(made, listener, AuthAction::api);
    };
    EXPECT_EQ(with("Basic dXNlcjpwYTpzcw==").user, "user");
    EXPECT_EQ(with("Basic dXNlcjpwYTpzcw==").password, "pa:ss");
    EXPECT_EQ(with("Bearer user:pass").password, "pass");
    EXPECT_EQ(with("Bearer abc").token, "abc");
    for (auto const* bad : {"Basic", "Basic !!!!", "Basic ====", "Digest x", "Basic dXNlcg=="}) {
        EXPECT_EQ(with(bad).user, "") << bad;
    }
    auto proxied = request();
    proxied.headers = {{"x-forwarded-for", "6.6.6.6, 9.9.9.9, 127.0.0.1"}};
    EXPECT_EQ(auth_request_of(proxied, listener, AuthAction::api).ip, "9.9.9.9");
    proxied.remote_ip = "8.8.8.8";
    EXPECT_EQ(auth_request_of(proxied, listener, AuthAction::api).ip, "8.8.8.8");
}

TEST_F(ApiTest, SpeaksCors) {
    auto made = request();
    EXPECT_FALSE(preflight(made, AuthAction::api).has_value());
    made.method = "OPTIONS";
    made.headers.emplace_back("access-control-request-method", "GET");
    EXPECT_EQ(preflight(made, AuthAction::api)->status, 204U);
}

TEST_F(ApiTest, ListsAThousandPathsInMilliseconds) {
    for (int i = 0; i < 1000; ++i) {
        paths_->all.push_back(live_path());
        paths_->all.back().name = "live/" + std::to_string(i) + "/in";
    }
    auto const begin = std::chrono::steady_clock::now();
    auto const shown = text(list_paths(context(), request({{"itemsPerPage", "1000"}})));
    auto const took = std::chrono::steady_clock::now() - begin;
    RecordProperty(
        "microseconds",
        static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    EXPECT_GT(shown.size(), 500'000U);
    EXPECT_LT(took, std::chrono::milliseconds{500});  // generous: sanitizers run it too
}

}  // namespace
}  // namespace tidegate::router
