// URLs, track names, Transport, RTP-Info, Session, and authentication headers.
#include <gtest/gtest.h>

#include "base/crypto/base64.hpp"
#include "rtsp/core/auth.hpp"
#include "rtsp/core/rtp_info.hpp"
#include "rtsp/core/transport.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::rtsp {
namespace {

TEST(Url, IsSplitAndRefused) {
    auto const url = parse_url("rtsp://us%40er:p%3Aw@[::1]:8554/live/a%20b/in?x=1&y=%41");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->user, "us@er");
    EXPECT_EQ(url->password, "p:w");
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->port, 8554);
    EXPECT_EQ(url->path, "live/a b/in");
    EXPECT_EQ(url->query, "x=1&y=%41");
    EXPECT_EQ(url->request_url(), "rtsp://[::1]:8554/live/a%20b/in?x=1&y=%41");
    EXPECT_EQ(parse_url("rtsp://h")->port, 554);
    EXPECT_EQ(parse_url("rtsp://h//a")->path, "/a");
    EXPECT_EQ(parse_url("RTSP://h/a")->scheme, "rtsp");
    EXPECT_EQ(parse_url("Rtsps://h/a")->scheme, "rtsps");
    EXPECT_EQ(parse_url("rtsp://h/a?x#y")->query, "x");
    for (auto const* bad : {"", "*", "http://h/a", "rtsp:///a", "rtsp://h:99999/a", "rtsp://h:0/",
                            "rtsp://h/a b", "rtsp://h/%zz", "rtsp://u:p@h:(@/a", "/live/a"}) {
        EXPECT_FALSE(parse_url(bad)) << bad;
    }
    EXPECT_FALSE(parse_url("rtsp://h/" + std::string(4096, 'a')));
}

TEST(Url, AQueryIsKeptAsItIsWritten) {
    for (std::string const query : {"", "a|b", "{x}", "[1]", "\"q\"", "a^b", "\xC3\xA9", "\xE9",
                                    "100%", "a?b", "a/trackID=1"}) {
        auto const url = parse_url("rtsp://h/live/a/in?" + query);
        ASSERT_TRUE(url) << query;
        EXPECT_TRUE(url->has_query);
        EXPECT_EQ(url->query, query);
        EXPECT_EQ(url->path, "live/a/in");
        EXPECT_EQ(url->request_url(), "rtsp://h/live/a/in?" + query);
    }
    for (auto const* bad : {"rtsp://h/a?b c", "rtsp://h/a?b\r\nX: y", "rtsp://h/a?\x7F"}) {
        EXPECT_FALSE(parse_url(bad)) << bad;
    }
}

TEST(Url, AZoneBelongsToTheAddress) {
    for (auto const* written : {"rtsp://[fe80::1%25eth0]:8554/a", "rtsp://[fe80::1%eth0]:8554/a"}) {
        auto const url = parse_url(written);
        ASSERT_TRUE(url) << written;
        EXPECT_EQ(url->host, "fe80::1%eth0");
        EXPECT_EQ(url->port, 8554);
        EXPECT_EQ(url->authority, "[fe80::1%25eth0]:8554");
        EXPECT_EQ(url->path, "a");
    }
    EXPECT_EQ(parse_url("rtsp://u:p@[fe80::1%252]/a")->host, "fe80::1%2");
    for (auto const* bad :
         {"rtsp://[fe80::1%]/a", "rtsp://[fe80::1%25e/0]/a", "rtsp://[fe80::1%25e%41]/a",
          "rtsp://[%25eth0]/a", "rtsp://[fe80::1%25aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]/a"}) {
        EXPECT_FALSE(parse_url(bad)) << bad;
    }
}

TEST(Url, ControlsAreResolvedAsClientsExpect) {
    EXPECT_EQ(resolve_control("rtsp://h/a/", "trackID=0"), "rtsp://h/a/trackID=0");
    EXPECT_EQ(resolve_control("rtsp://h/a", "trackID=0"), "rtsp://h/a/trackID=0");
    EXPECT_EQ(resolve_control("rtsp://h/a?q=1/", "trackID=0"), "rtsp://h/a?q=1/trackID=0");
    EXPECT_EQ(resolve_control("rtsp://h/a", "rtsp://other/b"), "rtsp://other/b");
    EXPECT_EQ(resolve_control("rtsp://h/a", "*"), "rtsp://h/a");
    EXPECT_EQ(resolve_control("rtsp://h/a", ""), "rtsp://h/a");
}

TEST(TrackName, IsCutFromQueryOrPath) {
    struct Case {
        char const* url;
        char const* path;
        char const* query;
        int track;  // -1: refused
    };
    Case const cases[] = {
        {"rtsp://h/live/a/out/trackID=1", "live/a/out", "", 1},
        {"rtsp://h/live/a/out?x=1/trackID=2", "live/a/out", "x=1", 2},
        {"rtsp://h/live/a/out/trackID=1?x=1", "live/a/out", "x=1", 1},
        {"rtsp://h/a/trackID=0/trackID=3", "a/trackID=0", "", 3},
        {"rtsp://h/a/trackID=", "a", "", 0},
        {"rtsp://h/a/", "a", "", 0},
        {"rtsp://h/a?x=1/", "a", "x=1", 0},
        {"rtsp://h/trackID=0", "", "", 0},
        {"rtsp://h/", "", "", 0},
        {"rtsp://h/a", "", "", -1},
        {"rtsp://h/a/trackID=x", "", "", -1},
        {"rtsp://h/a/trackID=-1", "", "", -1},
        {"rtsp://h/a/trackID=99999", "", "", -1},
    };
    for (auto const& c : cases) {
        auto const name = track_name(*parse_url(c.url));
        ASSERT_EQ(name.has_value(), c.track >= 0) << c.url;
        if (!name) continue;
        EXPECT_EQ(name->stream.path, c.path) << c.url;
        EXPECT_EQ(name->stream.query, c.query) << c.url;
        EXPECT_EQ(name->track, c.track) << c.url;
    }
}

TEST(Transport, IsReadInTheOrderOfPreference) {
    auto const read = parse_transports(
        "RAW/RAW/UDP;x=1, "
        "RTP/AVP;multicast;ttl=3,RTP/AVP/UDP;client_port=22-23;destination=8.8.8.8,"
        "rtp/avp/tcp; unicast ;interleaved=4-5;mode=\"RECORD\";ssrc=0a0b0C0D,RTP/SAVP");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 4U);
    EXPECT_TRUE((*read)[0].multicast);
    EXPECT_FALSE((*read)[1].tcp);
    EXPECT_EQ(write_transport((*read)[2]),
              "RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=0A0B0C0D;mode=record");
    EXPECT_TRUE((*read)[3].secure);
    for (auto const* bad :
         {"", "RTP/AVP/TCP;interleaved=256-257", "RTP/AVP/TCP;interleaved=65535-65536",
          "RTP/AVP/TCP;interleaved=-1-0", "RTP/AVP/TCP;interleaved=", "RTP/AVP/TCP;interleaved=255",
          "RTP/AVP/TCP;mode=delete"}) {
        EXPECT_FALSE(parse_transports(bad)) << bad;
    }
    std::string many;
    for (int i = 0; i < 100; ++i) many += "RTP/AVP,";
    EXPECT_FALSE(parse_transports(many));
}

TEST(RtpInfo, IsWrittenAndReadBack) {
    std::vector<RtpInfo> const infos{{"rtsp://h/a/trackID=0", 7, 4294967295U},
                                     {"rtsp://h/a/trackID=1", {}, {}}};
    auto const text = write_rtp_info(infos);
    EXPECT_EQ(text, "url=rtsp://h/a/trackID=0;seq=7;rtptime=4294967295,url=rtsp://h/a/trackID=1");
    EXPECT_EQ(parse_rtp_info(text), infos);
    EXPECT_EQ(parse_rtp_info("url=\"x,y;z\";seq=99999;rtptime=-1, seq=1"),
              (std::vector<RtpInfo>{{"x,y;z", {}, {}}}));
    EXPECT_EQ(parse_session("abc ; timeout=60").id, "abc");
    EXPECT_EQ(parse_session("abc;timeout=60").timeout_seconds, 60);
    EXPECT_EQ(parse_session("abc;timeout=x").timeout_seconds, std::nullopt);
}

TEST(Auth, AgreesWithTheExampleOfRfc2069AndRfc7616) {
    Challenge challenge{.scheme = Scheme::digest,
                        .realm = "http-auth@example.org",
                        .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"};
    challenge.qop_auth = true;
    auto const made = answer(challenge, {"Mufasa", "Circle of Life"}, "GET", "/dir/index.html",
                             "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
    EXPECT_EQ(made.response, "8ca523f5e9506fed4657c9700eebdbec");
    challenge.algorithm = DigestAlgorithm::sha256;
    EXPECT_EQ(answer(challenge, {"Mufasa", "Circle of Life"}, "GET", "/dir/index.html",
                     "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
                  .response,
              "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(Auth, VerifiesOnlyTheRightAnswerToThisChallenge) {
    Challenge const challenge{.scheme = Scheme::digest, .realm = "r", .nonce = "n"};
    std::string const url = "rtsp://h/live/a/out/trackID=0";
    Credentials const user{"u", "p"};
    auto const good = answer(challenge, user, "SETUP", url);
    EXPECT_TRUE(verify(good, challenge, user, "SETUP", url));
    EXPECT_TRUE(verify(answer(challenge, user, "SETUP", "rtsp://h/live/a/out/"), challenge, user,
                       "SETUP", url));
    // Bosch's NVRs sign the path, others know this server by another name.
    for (auto const* uri : {"/live/a/out/trackID=0", "/live/a/out/", "/live/a/out",
                            "RTSP://10.0.0.5:554/live/a/out/"}) {
        EXPECT_TRUE(verify(answer(challenge, user, "SETUP", uri), challenge, user, "SETUP", url))
            << uri;
    }
    for (auto const* uri : {"", "*", "/", "/live/a", "/live/b/out", "live/a/out", "rtsp://h",
                            "/live/a/out/trackID=1", "/live/a/out?x=1"}) {
        EXPECT_FALSE(verify(answer(challenge, user, "SETUP", uri), challenge, user, "SETUP", url))
            << uri;
    }
    EXPECT_FALSE(verify(good, challenge, user, "PLAY", url));
    EXPECT_FALSE(verify(good, challenge, {"u", "q"}, "SETUP", url));
    EXPECT_FALSE(verify(good, challenge, {"v", "p"}, "SETUP", url));
    EXPECT_FALSE(verify(good, challenge, user, "SETUP", "rtsp://h/live/b/out/trackID=0"));
    auto old = challenge;
    old.nonce = "m";
    EXPECT_FALSE(verify(good, old, user, "SETUP", url));
    auto mixed = good;
    mixed.algorithm = DigestAlgorithm::sha256;
    EXPECT_FALSE(verify(mixed, challenge, user, "SETUP", url));
    Challenge const basic{.scheme = Scheme::basic, .realm = "r"};
    EXPECT_FALSE(verify(good, basic, user, "SETUP", url));
    EXPECT_TRUE(verify(answer(basic, user, "", ""), basic, user, "", ""));
}

TEST(Auth, HeadersAreReadBackAndHostileOnesRefused) {
    Challenge const challenge{
        .scheme = Scheme::digest, .realm = "a \"quoted\" \\ realm", .nonce = "n"};
    EXPECT_EQ(parse_challenge(write_challenge(challenge)), challenge);
    auto const made = answer(challenge, {"u\"", "p"}, "PLAY", "rtsp://h/a");
    EXPECT_EQ(parse_authorization(write_authorization(made)), made);
    EXPECT_EQ(write_challenge({.scheme = Scheme::basic, .realm = "ipcam"}),
              "Basic realm=\"ipcam\"");
    auto const basic = parse_authorization("basic dTpwOnc=");
    ASSERT_TRUE(basic);
    EXPECT_EQ(basic->user, "u");
    EXPECT_EQ(basic->password, "p:w");
    std::string many = "Digest ";
    for (int i = 0; i < 100; ++i) many += "a=b,";
    std::string const bad[] = {
        "",           "Bearer x",
        "Basic",      "Basic !!!!",
        "Basic dXA=", "Digest username=\"u",
        "Digest x",   "Digest username=u",
        many,         "Digest username=u,nonce=n,uri=x,response=y,algorithm=MD4"};
    for (auto const& text : bad) EXPECT_FALSE(parse_authorization(text)) << text;
    EXPECT_TRUE(parse_authorization("Digest username=u,nonce=n,uri=x,response=y"));
    EXPECT_FALSE(parse_challenge("Digest realm=\"r\""));
}

TEST(Base64, RoundTripsEveryLengthAndRefusesOtherText) {
    base::Bytes bytes;
    for (int i = 0; i < 70; ++i) {
        auto text = base::base64_encode(bytes);
        EXPECT_EQ(base::base64_decode(text), bytes);
        while (text.ends_with('=')) text.pop_back();
        EXPECT_EQ(base::base64_decode(text), bytes);
        bytes.push_back(static_cast<std::uint8_t>(i * 37));
    }
    for (auto const* bad : {"A", "A===", "AA=A", "A A=", "AA\n=", "-_-_"})
        EXPECT_FALSE(base::base64_decode(bad)) << bad;
}

}  // namespace
}  // namespace tidegate::rtsp
