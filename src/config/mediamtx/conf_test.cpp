#include "config/mediamtx/conf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>

namespace tidegate::config::mediamtx {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Conf conf_of(std::string_view yaml, Environment const& environment = {}) {
    auto conf = parse(yaml, environment);
    EXPECT_TRUE(conf.has_value()) << yaml << "\n-> " << conf.error();
    return conf ? std::move(*conf) : Conf{};
}
std::string error_of(std::string_view yaml, Environment const& environment = {}) {
    auto const conf = parse(yaml, environment);
    return conf ? "" : conf.error();
}
PathConf const& path_of(Conf const& conf, std::string_view name) {
    for (auto const& path : conf.paths) {
        if (path->name == name) return *path;
    }
    ADD_FAILURE() << "no path " << name;
    return *conf.path_defaults;
}

TEST(Mediamtx, AnEmptyFileIsAllDefaultsAndNoPaths) {
    for (auto const* yaml : {"", "# only a comment\n", "---\n", "paths:\n", "pathDefaults:\n"}) {
        auto const conf = conf_of(yaml);
        EXPECT_EQ(conf.global.read_timeout, 10s);
        EXPECT_EQ(conf.global.write_queue_size, 512U);
        EXPECT_EQ(conf.global.udp_max_payload_size, 1452U);
        EXPECT_FALSE(conf.global.api.enabled);
        EXPECT_EQ(conf.global.api.address, ":9997");
        EXPECT_EQ(conf.global.auth_internal_users.size(), 2U);
        EXPECT_THAT(conf.global.auth_internal_users[1].ips, ElementsAre("127.0.0.1/32", "::1/128"));
        EXPECT_THAT(conf.paths, IsEmpty());
        EXPECT_THAT(conf.no_effect, IsEmpty());
    }
}

TEST(Mediamtx, ReadsWhatThePipelineUses) {
    auto const conf = conf_of(R"(
logLevel: debug
readTimeout: 1m30s
api: yes
metrics: on
metricsAddress: 127.0.0.1:9998
writeQueueSize: 1024
pathDefaults:
  runOnReady: /hooks/mtx-hook ready
  runOnNotReady: /hooks/mtx-hook not-ready
paths:
  "~^live/([^/]+)/in$":
    overridePublisher: no
  cam:
    source: redirect
    sourceRedirect: rtsp://other/cam
  all_others:
)");
    EXPECT_EQ(conf.global.log_level, LogLevel::debug);
    EXPECT_EQ(conf.global.read_timeout, 90s);
    EXPECT_TRUE(conf.global.api.enabled);
    EXPECT_TRUE(conf.global.metrics.enabled);
    EXPECT_EQ(conf.global.metrics.address, "127.0.0.1:9998");
    ASSERT_EQ(conf.paths.size(), 3U);
    auto const& in = path_of(conf, "~^live/([^/]+)/in$");
    EXPECT_TRUE(in.is_regex());
    EXPECT_EQ(in.regex(), "^live/([^/]+)/in$");
    EXPECT_FALSE(in.override_publisher);
    EXPECT_EQ(in.run_on_available, "/hooks/mtx-hook ready");
    EXPECT_EQ(in.run_on_unavailable, "/hooks/mtx-hook not-ready");
    EXPECT_EQ(path_of(conf, "all_others").regex(), "^.*$");
    EXPECT_EQ(path_of(conf, "cam").source_redirect, "rtsp://other/cam");
    // Once for each path, as the keys are the paths' own.
    EXPECT_EQ(conf.warnings.size(), 6U);
    EXPECT_EQ(conf.warnings[0],
              "parameter 'runOnReady' is deprecated and has been replaced with 'runOnAvailable'");
    EXPECT_EQ(conf.path_defaults->run_on_available, "");
    EXPECT_THAT(conf.no_effect, IsEmpty());
}

struct ErrorRow {
    std::string_view yaml;
    std::string_view error;
};

class MediamtxErrors : public testing::TestWithParam<ErrorRow> {};
TEST_P(MediamtxErrors, AreToldInTheContractsWords) {
    EXPECT_THAT(error_of(GetParam().yaml), HasSubstr(GetParam().error)) << GetParam().yaml;
}
INSTANTIATE_TEST_SUITE_P(
    All, MediamtxErrors,
    testing::Values(
        ErrorRow{"bogus: 1", R"(json: unknown field "bogus")"},
        ErrorRow{"pathDefaults:\n  bogus: 1", R"(json: unknown field "pathDefaults.bogus")"},
        ErrorRow{"paths:\n  a:\n    bogus: 1", R"(json: unknown field "bogus")"},
        ErrorRow{"authInternalUsers:\n- bogus: 1",
                 R"(json: unknown field "authInternalUsers[0].bogus")"},
        ErrorRow{"authInternalUsers:\n- user: a\n  permissions:\n  - bogus: 1",
                 R"(json: unknown field "authInternalUsers[0].permissions[0].bogus")"},
        ErrorRow{"api: yes\nrtmp: yes\napi: no",
                 R"([3:1] mapping key "api" already defined at [1:1])"},
        ErrorRow{"--- 1\n--- 2", "invalid YAML"},
        ErrorRow{"api: 'yes'", "json: cannot unmarshal string into Go value of type bool"},
        ErrorRow{"writeQueueSize: abc", "json: cannot unmarshal string into Go value of type int"},
        ErrorRow{"writeQueueSize: 1.5",
                 "json: cannot unmarshal number 1.5 into Go value of type int"},
        ErrorRow{"rtspEncryption: no",
                 "json: cannot unmarshal bool into Go value of type conf.alias"},
        ErrorRow{"readTimeout: 10", "json: cannot unmarshal number into Go value of type string"},
        ErrorRow{"readTimeout: '10'", R"(time: missing unit in duration "10")"},
        ErrorRow{"readTimeout:", "'readTimeout' must be greater than zero"},
        ErrorRow{"rtspTransports:", R"(cannot set slice "rtspTransports" to nil)"},
        ErrorRow{"logLevel: loud", "invalid log level: 'loud'"},
        ErrorRow{"logDestinations: [tape]", "invalid log destination: tape"},
        ErrorRow{"rtspEncryption: maybe", "invalid encryption: 'maybe'"},
        ErrorRow{"rtspTransports: [pigeon]", "invalid transport: pigeon"},
        ErrorRow{"authMethod: ldap", "invalid authMethod: 'ldap'"},
        ErrorRow{"rtspAuthMethods: [ntlm]", "invalid authentication method: 'ntlm'"},
        ErrorRow{"authInternalUsers:\n- user: a\n  permissions:\n  - action: fly",
                 "invalid auth action: 'fly'"},
        ErrorRow{"authInternalUsers:\n- user: a\n  ips: [10.0.0.300]",
                 "unable to parse IP/CIDR '10.0.0.300'"},
        ErrorRow{"authInternalUsers:\n- pass: x", "empty usernames are not supported"},
        ErrorRow{"authInternalUsers:\n- user: any\n  pass: x",
                 "using a password with 'any' user is not supported"},
        ErrorRow{"authInternalUsers:\n- user: a\n  pass: 'argon2:$argon2id$v=19'", "argon2"},
        ErrorRow{"pathDefaults:\n  recordFormat: avi", "invalid record format 'avi'"},
        ErrorRow{"hlsSegmentMaxSize: '50'", "byte quantity must be a positive integer with a unit"},
        ErrorRow{"writeQueueSize: 100", "'writeQueueSize' must be a power of two"},
        ErrorRow{"writeQueueSize: 0", "'writeQueueSize' must be greater than zero"},
        ErrorRow{"readBufferCount: 3", "'writeQueueSize' must be a power of two"},
        ErrorRow{"udpMaxPayloadSize: 1500", "'udpMaxPayloadSize' must be less than 1472"},
        ErrorRow{"udpMaxPayloadSize: 1", "'udpMaxPayloadSize' must be at least 64"},
        ErrorRow{"authMethod: http", "'authHTTPAddress' is empty"},
        ErrorRow{"authMethod: http\nauthHTTPAddress: ftp://x",
                 "'externalAuthenticationURL' must be a HTTP URL"},
        ErrorRow{"api: yes\napiAddress: ''", "'apiAddress' must be set when API is enabled"},
        ErrorRow{"hlsAddress: ''", "'hlsAddress' must be set when HLS is enabled"},
        ErrorRow{"hlsVariant: dash", "invalid HLS variant: 'dash'"},
        ErrorRow{"hlsCDNSecret: 'a b'", "'hlsCDNSecret' contains unsupported characters"},
        ErrorRow{"paths:\n  all:\n  all_others:\n", "all_others, all and '~^.*$' are aliases"},
        ErrorRow{"paths:\n  /a:\n", "invalid path name '/a': can't begin with a slash"},
        ErrorRow{"paths:\n  a/../b:\n",
                 "invalid path name 'a/../b': can't contain dot path segments"},
        ErrorRow{"paths:\n  '~(':\n", "invalid regular expression: ("},
        ErrorRow{"paths:\n  a:\n    source: carrier\n", "invalid source: 'carrier'"},
        ErrorRow{"paths:\n  a:\n    source: redirect\n", "source redirect must be filled"},
        ErrorRow{"paths:\n  ~a:\n    runOnInit: x\n", "does not support option 'runOnInit'"},
        ErrorRow{"paths:\n  a:\n    recordPath: x\n", "'recordPath' must contain %path"},
        ErrorRow{"paths:\n  a:\n    recordPath: /%path/%s-%f\n",
                 "'recordPath' must name a folder in front of its variables, not only /"},
        ErrorRow{"paths:\n  a:\n    recordPath: /rec/../%path/%s-%f\n",
                 "'recordPath' must name a folder in front of its variables, not only /"},
        // What this router cannot do and must not ignore.
        ErrorRow{"rtspTransports: [udp]", "'rtspTransports' must contain 'tcp'"},
        ErrorRow{"paths:\n  a:\n    source: rtsp://x/y\n", "only 'publisher' and 'redirect' are"},
        ErrorRow{"paths:\n  a:\n    alwaysAvailable: yes\n    alwaysAvailableTracks:\n"
                 "    - {codec: LPCM, sampleRate: 48000, channelCount: 2}\n",
                 "'alwaysAvailableTracks' with LPCM of path 'a'"},
        ErrorRow{"paths:\n  a:\n    forward: [{dest: 'srt://x/y'}]\n",
                 "'forward' to srt of path 'a'"},
        ErrorRow{"paths:\n  a:\n    forward: [{dest: 'rtmps://x/y', destFingerprint: 'ab:cd'}]\n",
                 "invalid 'forward': entry 0: a fingerprint has 64 hexadecimal digits"},
        ErrorRow{"- a\n- b\n", "json: cannot unmarshal array into Go value of type map"},
        ErrorRow{"paths: 3", "json: cannot unmarshal number into Go value of type map"},
        ErrorRow{"a: [1", "["}, ErrorRow{"? [a]\n: 1", "a key must be a plain word"}));

TEST(Mediamtx, NullMeansNotSetInAPathAndDefaultElsewhere) {
    auto const conf = conf_of("api:\npaths:\n  a:\n    overridePublisher:\n    runOnReady:\n");
    EXPECT_FALSE(conf.global.api.enabled);
    EXPECT_TRUE(conf.paths.at(0)->override_publisher);
    EXPECT_THAT(conf.warnings, IsEmpty());
}

TEST(Mediamtx, NamesWhatHasNoEffectOnlyWhenItDiffersFromTheDefault) {
    auto const conf = conf_of(R"(
dumpPackets: yes
webrtcAddress: :8889
logDestinations: [file, syslog]
logFile: /tmp/x.log
pathDefaults:
  recordSegmentDuration: 30m
  rtspRangeStart: x
paths:
  cam:
    useAbsoluteTimestamp: yes
)");
    EXPECT_THAT(conf.no_effect,
                ElementsAre("dumpPackets", "logDestinations: syslog", "pathDefaults.rtspRangeStart",
                            "paths.cam.useAbsoluteTimestamp"));
    EXPECT_EQ(conf.global.log_file, "/tmp/x.log");
    EXPECT_FALSE(conf.global.log_to_stdout);
    EXPECT_TRUE(conf_of("logDestinations: [syslog]\n").global.log_to_stdout);
    EXPECT_EQ(conf_of("logFile: x").global.log_file, "");
}

TEST(Mediamtx, ReadsTheSettingsOfHls) {
    EXPECT_EQ(conf_of("api: no").global.hls, Hls{});
    auto const hls = conf_of(R"(
hlsAddress: 127.0.0.1:80
hlsAllowOrigin: https://a.example
hlsTrustedProxies: [10.0.0.0/8]
hlsAlwaysRemux: yes
hlsVariant: mpegts
hlsSegmentCount: 3
hlsSegmentDuration: 4s
hlsPartDuration: 300ms
hlsSegmentMaxSize: 1M
hlsDirectory: /tmp/hls
hlsMuxerCloseAfter: 2m
hlsCDNSecret: abc
)")
                         .global.hls;
    Hls expected{.listener = {true, "127.0.0.1:80", {"https://a.example"}, {"10.0.0.0/8"}},
                 .always_remux = true,
                 .variant = HlsVariant::mpegts,
                 .segment_count = 3,
                 .segment_duration = 4s,
                 .part_duration = 300ms,
                 .segment_max_size = 1024 * 1024,
                 .directory = "/tmp/hls",
                 .muxer_close_after = 2min,
                 .cdn_secret = "abc"};
    EXPECT_EQ(hls, expected);
    EXPECT_FALSE(conf_of("hlsDisable: yes").global.hls.listener.enabled);
}

TEST(Mediamtx, EnvironmentOverridesTheFile) {
    auto const conf = conf_of(
        "api: no\nlogLevel: info\npaths:\n  cam:\n    source: publisher\n",
        {"MTX_API=YES", "RTSP_LOGLEVEL=warn", "MTX_LOGLEVEL=debug", "MTX_RTSPTRANSPORTS=tcp",
         "MTX_READTIMEOUT=20s", "MTX_PATHDEFAULTS_RUNONREADY=/bin/true",
         "MTX_PATHS_CAM_OVERRIDEPUBLISHER=no", "MTX_PATHS_ALL_OTHERS_X=1", "MTX_WRITEQUEUESIZE=64",
         "MTX_UNKNOWN=1", "MTX_PATHS_low_SOURCE=x", "MTX_AUTHINTERNALUSERS_0_USER=me",
         "MTX_AUTHINTERNALUSERS_0_PASS=pw", "MTX_AUTHINTERNALUSERS_2_USER=you",
         "MTX_APIALLOWORIGINS=", "MTX_AUTHINTERNALUSERS_2_IPS=10.0.0.0/8,::1"});
    EXPECT_TRUE(conf.global.api.enabled);
    EXPECT_EQ(conf.global.log_level, LogLevel::debug);
    EXPECT_EQ(conf.global.read_timeout, 20s);
    EXPECT_EQ(conf.global.write_queue_size, 64U);
    EXPECT_THAT(conf.global.api.allow_origins, IsEmpty());
    ASSERT_EQ(conf.global.auth_internal_users.size(), 3U);
    EXPECT_EQ(conf.global.auth_internal_users[0].user, "me");
    EXPECT_EQ(conf.global.auth_internal_users[0].permissions.size(), 3U);
    EXPECT_THAT(conf.global.auth_internal_users[2].ips, ElementsAre("10.0.0.0/8", "::1/128"));
    ASSERT_EQ(conf.paths.size(), 2U);
    EXPECT_EQ(conf.paths[0]->name, "all");  // a name ends at its first underscore
    EXPECT_FALSE(conf.paths[1]->override_publisher);
    EXPECT_EQ(conf.paths[1]->run_on_available, "/bin/true");
}

TEST(Mediamtx, EnvironmentErrorsNameTheVariable) {
    EXPECT_EQ(error_of("", {"MTX_API=1"}), "MTX_API: invalid value '1'");
    EXPECT_EQ(error_of("", {"MTX_WRITEQUEUESIZE=x"}),
              "MTX_WRITEQUEUESIZE: strconv.ParseInt: parsing \"x\": invalid syntax");
    EXPECT_EQ(error_of("", {"MTX_WRITEQUEUESIZE=+-8"}),
              "MTX_WRITEQUEUESIZE: strconv.ParseInt: parsing \"+-8\": invalid syntax");
    EXPECT_EQ(error_of("", {"MTX_WRITEQUEUESIZE=99999999999"}),
              "MTX_WRITEQUEUESIZE: strconv.ParseInt: parsing \"99999999999\": value out of range");
    EXPECT_EQ(error_of("", {"MTX_LOGLEVEL=loud"}), "MTX_LOGLEVEL: invalid log level: 'loud'");
    EXPECT_EQ(error_of("", {"MTX_RTSPTRANSPORTS=udp,x"}),
              "MTX_RTSPTRANSPORTS: invalid transport: x");
}

TEST(Mediamtx, PrintsValuesAsTheApiDoes) {
    auto const plain = conf_of(
        "authInternalUsers:\n- user: me\n  pass: secret\nreadTimeout: 90s\n"
        "rtspTransports: [udp, tcp, udp]\n");
    auto const global = boost::json::serialize(redacted_global(plain.global));
    EXPECT_THAT(global, HasSubstr(R"({"logLevel":"info","logDestinations":["stdout"],)"));
    EXPECT_THAT(global, HasSubstr(R"("readTimeout":"1m30s")"));
    EXPECT_THAT(global, HasSubstr(R"("rtspTransports":["tcp","udp"])"));
    EXPECT_THAT(global,
                HasSubstr(R"({"user":"me","pass":"<redacted>","ips":[],"permissions":[]})"));
    EXPECT_THAT(global, testing::Not(HasSubstr("secret")));
    EXPECT_THAT(global, testing::Not(HasSubstr("readBufferCount")));
    EXPECT_THAT(global, testing::Not(HasSubstr("pathDefaults")));
}

TEST(Mediamtx, PathAnswersAreCompleteAndFillTheSuccessorOfADeprecatedKey) {
    auto const conf = conf_of(
        "paths:\n  a:\n    runOnReady: x\n    recordDeleteAfter: 48h\n"
        "    recordMaxPartSize: 1536k\n");
    auto const path = boost::json::serialize(redacted_path(*conf.paths.at(0)));
    EXPECT_THAT(path, HasSubstr(R"({"name":"a","source":"publisher",)"));
    EXPECT_THAT(path, HasSubstr(R"("recordDeleteAfter":"2d")"));
    EXPECT_THAT(path, HasSubstr(R"("recordMaxPartSize":"1.5M")"));
    EXPECT_THAT(path, HasSubstr(R"("runOnAvailable":"x")"));
    EXPECT_THAT(path, HasSubstr(R"("runOnReady":"x")"));
    EXPECT_THAT(path, testing::Not(HasSubstr("runOnNotReady")));
}

TEST(Mediamtx, LegacyCredentialsBecomeUsersOfTheirPath) {
    auto const conf = conf_of(
        "paths:\n  a:\n    publishUser: me\n    publishPass: pw\n"
        "    readIPs: [10.0.0.0/8]\n");
    auto const& users = conf.global.auth_internal_users;
    ASSERT_EQ(users.size(), 4U);
    EXPECT_EQ(users[2].user, "me");
    EXPECT_EQ(users[2].permissions.at(0), (Permission{AuthAction::publish, "a"}));
    EXPECT_EQ(users[3].user, "any");
    EXPECT_THAT(users[3].ips, ElementsAre("10.0.0.0/8"));
    EXPECT_THAT(redacted_path(*conf.paths.at(0)).at("publishPass").as_string(), "<redacted>");
    EXPECT_THAT(error_of("authInternalUsers:\n- user: x\npaths:\n  a:\n    readUser: y\n"),
                HasSubstr("cannot be used together"));
}

TEST(Mediamtx, EndsOnATextThatIsDocumentsWithoutEnd) {
    EXPECT_EQ(error_of(",: &a [*a]\n"), "invalid YAML");
}

TEST(Mediamtx, AliasesUnfoldOnlyWithinBounds) {
    std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'k'; ++c) {
        auto const before = std::string("*") + static_cast<char>(c - 1);
        bomb += std::string(1, c) + ": &" + c + " [" + before;
        for (int i = 0; i < 9; ++i) bomb += "," + before;
        bomb += "]\n";
    }
    EXPECT_THAT(error_of(bomb), HasSubstr("values"));
    EXPECT_THAT(error_of(std::string(200, '[')), testing::Not(IsEmpty()));
    EXPECT_THAT(error_of("a: &a [*a]"), testing::Not(IsEmpty()));
}

class LoadTest : public testing::Test {
protected:
    std::filesystem::path dir_ =
        std::filesystem::temp_directory_path() / ("tidegate-config-" + std::to_string(getpid()));
    void SetUp() override { std::filesystem::create_directories(dir_); }
    void TearDown() override { std::filesystem::remove_all(dir_); }
};

TEST_F(LoadTest, ReadsTheNamedFile) {
    std::ofstream(dir_ / "my.yml") << "api: yes\n";
    auto const loaded = load((dir_ / "my.yml").string(), {});
    ASSERT_TRUE(loaded.has_value()) << loaded.error();
    EXPECT_TRUE(loaded->conf.global.api.enabled);
    EXPECT_EQ(loaded->file, (dir_ / "my.yml").string());
}

TEST_F(LoadTest, SaysWhichFileCannotBeOpened) {
    auto const missing = (dir_ / "none.yml").string();
    auto const loaded = load(missing, {});
    ASSERT_FALSE(loaded.has_value());
    EXPECT_EQ(loaded.error(), "open " + missing + ": no such file or directory");
    EXPECT_FALSE(load(dir_.string(), {}).has_value());
    EXPECT_FALSE(load("", {"MTX_CONFKEY=x"}).has_value());
}

TEST_F(LoadTest, FindsTheFileInTheCurrentDirectory) {
    auto const before = std::filesystem::current_path();
    std::ofstream(dir_ / "mediamtx.yml") << "metrics: yes\n";
    std::filesystem::current_path(dir_);
    auto const loaded = load("", {});
    std::filesystem::current_path(before);
    ASSERT_TRUE(loaded.has_value()) << loaded.error();
    EXPECT_TRUE(loaded->conf.global.metrics.enabled);
    EXPECT_EQ(loaded->candidates.size(), 2U);
}

}  // namespace
}  // namespace tidegate::config::mediamtx
