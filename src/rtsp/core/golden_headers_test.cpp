// Headers as clients and cameras write them: Transport, RTP-Info, Session, WWW-Authenticate,
// Authorization, and the start lines and headers that make a message.
#include <gtest/gtest.h>

#include "rtsp/core/auth.hpp"
#include "rtsp/core/head_parser.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/rtp_info.hpp"
#include "rtsp/core/transport.hpp"

namespace tidegate::rtsp {
namespace {

std::string summary(Transport const& transport) {
    auto text = std::string(transport.tcp ? "tcp" : "udp") + (transport.secure ? " secure" : "") +
                (transport.multicast ? " multicast" : "");
    if (transport.interleaved) {
        text += " " + std::to_string(transport.interleaved->first) + "-" +
                std::to_string(transport.interleaved->second);
    }
    if (transport.ssrc) text += " ssrc " + std::to_string(*transport.ssrc);
    if (transport.mode) text += *transport.mode == Mode::play ? " play" : " record";
    return text;
}

TEST(GoldenTransport, IsReadFromWhatClientsWrite) {
    struct Case {
        char const* value;
        std::vector<std::string> alternatives;
        char const* error = "";
    };
    Case const cases[] = {
        // FFmpeg
        {"RTP/AVP/TCP;unicast;interleaved=0-1", {"tcp 0-1"}},
        {"RTP/AVP/TCP;unicast;interleaved=2-3;mode=record", {"tcp 2-3 record"}},
        {"RTP/AVP/UDP;unicast;client_port=20532-20533;mode=record", {"udp record"}},
        // GStreamer
        {"RTP/AVP/TCP;unicast;interleaved=0-1;mode=RECORD", {"tcp 0-1 record"}},
        {"RTP/AVP;unicast;client_port=50000-50001,RTP/AVP;multicast,"
         "RTP/AVP/TCP;unicast;interleaved=0-1",
         {"udp", "udp multicast", "tcp 0-1"}},
        // VLC, and live555 over HTTP
        {"RTP/AVP;unicast;client_port=57494-57495", {"udp"}},
        {"RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1a2B3c4D", {"tcp 0-1 ssrc 439041101"}},
        // servers
        {"RTP/AVP/TCP;unicast;destination=10.0.0.2;source=10.0.0.1;interleaved=4-5", {"tcp 4-5"}},
        {"RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000007;mode=\"play\"",
         {"tcp 0-1 ssrc 7 play"}},
        {"RTP/AVP/TCP;interleaved=6;mode=receive", {"tcp 6-7 record"}},
        {"RTP/SAVP/TCP;unicast;interleaved=0-1", {"tcp secure 0-1"}},
        {" rtp/avp/tcp ; UNICAST ; Interleaved = 0 - 1 ; Mode = \"PLAY\" ", {"tcp 0-1 play"}},
        // what is not known is left out
        {"RAW/RAW/UDP;unicast,RTP/AVP/TCP;unicast", {"tcp"}},
        {"RTP/AVP/TCP;unicast;ttl=127;layers=2;append;x-foo", {"tcp"}},
        {"RTP/AVP/TCP;ssrc=xyz", {"tcp"}},
        {"RTP/AVP/TCP;ssrc=123456789", {"tcp"}},
        // and what cannot be is refused
        {"", {}, "Transport header is missing"},
        {",", {}, "invalid transport"},
        {"x", {}, "invalid transport"},
        {"RTP/AVP/TCP;interleaved=1-", {}, "invalid interleaved channels"},
        {"RTP/AVP/TCP;interleaved=a-b", {}, "invalid interleaved channels"},
        {"RTP/AVP/TCP;interleaved=255", {}, "invalid interleaved channels"},
        {"RTP/AVP/TCP;interleaved=300-301", {}, "invalid interleaved channels"},
        {"RTP/AVP/TCP;mode=", {}, "invalid transport mode"},
        {"RTP/AVP/TCP;mode=teleport", {}, "invalid transport mode"},
    };
    for (auto const& c : cases) {
        auto const read = parse_transports(c.value);
        if (!read) {
            EXPECT_EQ(read.error(), c.error) << c.value;
            continue;
        }
        EXPECT_STREQ(c.error, "") << c.value;
        std::vector<std::string> alternatives;
        for (auto const& transport : *read) alternatives.push_back(summary(transport));
        EXPECT_EQ(alternatives, c.alternatives) << c.value;
    }
}

TEST(GoldenTransport, IsReadBackAsItIsWritten) {
    for (bool const tcp : {false, true}) {
        for (bool const secure : {false, true}) {
            for (unsigned const channel : {0U, 1U, 8U, 254U}) {
                Transport transport;
                transport.tcp = tcp;
                transport.secure = secure;
                transport.interleaved = {static_cast<std::uint8_t>(channel),
                                         static_cast<std::uint8_t>(channel + 1)};
                transport.ssrc = 0xFFFFFFFF - channel;
                transport.mode = channel == 0 ? Mode::play : Mode::record;
                auto const text = write_transport(transport);
                EXPECT_EQ(parse_transports(text), std::vector{transport}) << text;
            }
        }
    }
}

TEST(GoldenRtpInfo, IsReadFromWhatServersWrite) {
    struct Case {
        char const* value;
        std::vector<RtpInfo> infos;
    };
    Case const cases[] = {
        {"url=rtsp://h/a/trackID=0;seq=3145;rtptime=2150809210,url=rtsp://h/a/trackID=1",
         {{"rtsp://h/a/trackID=0", 3145, 2150809210U}, {"rtsp://h/a/trackID=1", {}, {}}}},
        {"url=trackID=1;seq=1;rtptime=90000", {{"trackID=1", 1, 90000}}},
        {" url = \"rtsp://h/a,b;c/trackID=1\" ; seq = 5 ; ssrc=1234 ",
         {{"rtsp://h/a,b;c/trackID=1", 5, {}}}},
        {"URL=x;SEQ=65535;RTPTIME=4294967295", {{"x", 65535, 4294967295U}}},
        {"url=x;seq=65536;rtptime=4294967296", {{"x", {}, {}}}},
        {"url=x;seq=-1;rtptime=", {{"x", {}, {}}}},
        {"seq=1;rtptime=2", {}},
        {"", {}},
        {",,;,", {}},
    };
    for (auto const& c : cases) EXPECT_EQ(parse_rtp_info(c.value), c.infos) << c.value;
    std::string many;
    for (std::size_t i = 0; i < 2 * kMaxMedias; ++i) many += "url=x,";
    EXPECT_EQ(parse_rtp_info(many).size(), kMaxMedias);
}

TEST(GoldenSession, IsReadFromWhatServersWrite) {
    struct Case {
        char const* value;
        char const* id;
        std::optional<int> timeout;
    };
    Case const cases[] = {
        {"4433f21ee7834770b08e63a274f3b6ac;timeout=55", "4433f21ee7834770b08e63a274f3b6ac", 55},
        {"      1425372410;timeout=60", "1425372410", 60},
        {"4F5A1B2C ; TIMEOUT = 65 ; x=1", "4F5A1B2C", 65},
        {"6ePkJ-5xqYjrn1z.", "6ePkJ-5xqYjrn1z.", std::nullopt},
        {"1;timeout=2.5", "1", std::nullopt},
        {"1;timeout=99999999999", "1", std::nullopt},
        {";timeout=60", "", 60},
        {"", "", std::nullopt},
    };
    for (auto const& c : cases) {
        auto const read = parse_session(c.value);
        EXPECT_EQ(read.id, c.id) << c.value;
        EXPECT_EQ(read.timeout_seconds, c.timeout) << c.value;
    }
}

TEST(GoldenChallenges, AreReadFromWhatServersWrite) {
    auto const digest = [](std::string realm, std::string nonce) {
        return Challenge{
            .scheme = Scheme::digest, .realm = std::move(realm), .nonce = std::move(nonce)};
    };
    auto with_qop = digest("Streaming Server", "n0nce");
    with_qop.qop_auth = true;
    with_qop.algorithm = DigestAlgorithm::sha256;
    auto stale = digest("IP Camera(C1234)", "d2f7");
    stale.stale = true;
    auto opaque = digest("r", "n");
    opaque.opaque = "5ccc069c403ebaf9f0171e9517f40e41";
    struct Case {
        char const* value;
        Challenge challenge;
    };
    Case const cases[] = {
        {"Basic realm=\"ipcam\"", {.scheme = Scheme::basic, .realm = "ipcam"}},
        {"basic REALM=ipcam", {.scheme = Scheme::basic, .realm = "ipcam"}},
        {"Basic", {.scheme = Scheme::basic}},
        {"Digest realm=\"ipcam\", nonce=\"8eb51fca\", algorithm=\"MD5\"",
         digest("ipcam", "8eb51fca")},
        {"Digest realm=\"IP Camera(C1234)\", nonce=\"d2f7\", stale=\"FALSE\"",
         digest("IP Camera(C1234)", "d2f7")},
        {"Digest realm=\"IP Camera(C1234)\",nonce=\"d2f7\",stale=TRUE", stale},
        {"digest realm=\"Streaming Server\", nonce=\"n0nce\", algorithm=SHA-256, "
         "qop=\"auth-int, auth\"",
         with_qop},
        {"Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", digest("r", "n")},
        {"Digest realm=\"r\", domain=\"/\", nonce=\"n\", "
         "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
         opaque},
        {"Digest realm=\"a \\\"b\\\" \\\\\", nonce=\"n\"", digest("a \"b\" \\", "n")},
        {"Digest realm=\"\", nonce=\"n\"", digest("", "n")},
    };
    for (auto const& c : cases) {
        auto const read = parse_challenge(c.value);
        ASSERT_TRUE(read) << c.value << ": " << read.error();
        EXPECT_EQ(*read, c.challenge) << c.value;
        EXPECT_EQ(parse_challenge(write_challenge(*read)), c.challenge) << c.value;
    }
}

TEST(GoldenChallenges, AreRefusedWithAReason) {
    struct Case {
        std::string value;
        char const* error;
    };
    std::string many = "Digest nonce=\"n\"";
    for (std::size_t i = 0; i < kMaxAuthParameters; ++i) many += ", a=b";
    Case const cases[] = {
        {"", "authentication scheme is not supported"},
        {"Bearer realm=\"r\"", "authentication scheme is not supported"},
        {"Digest realm=\"r\"", "digest challenge without a nonce"},
        {"Digest realm=\"r, nonce=n", "quoted value without its end"},
        {"Digest realm", "parameter without a value"},
        {"Digest nonce=\"n\", algorithm=MD5-sess", "digest algorithm is not supported"},
        {many, "too many parameters"},
    };
    for (auto const& c : cases) {
        auto const read = parse_challenge(c.value);
        ASSERT_FALSE(read) << c.value;
        EXPECT_EQ(read.error(), c.error) << c.value;
    }
}

TEST(GoldenAuthorization, IsReadFromWhatClientsWrite) {
    // FFmpeg writes the algorithm, GStreamer does not, VLC has no blank behind the commas.
    for (auto const* const value :
         {"Digest username=\"u\", realm=\"ipcam\", nonce=\"8eb5\", uri=\"rtsp://h/closed\", "
          "response=\"6b62\", algorithm=\"MD5\"",
          "Digest username=\"u\", realm=\"ipcam\", nonce=\"8eb5\", uri=\"rtsp://h/closed\", "
          "response=\"6b62\"",
          "Digest username=\"u\",realm=\"ipcam\",nonce=\"8eb5\",uri=\"rtsp://h/closed\","
          "response=\"6b62\"",
          "DIGEST  response=\"6b62\" , URI=\"rtsp://h/closed\" ,nonce=8eb5, realm=ipcam, "
          "username=u, algorithm=md5"}) {
        auto const read = parse_authorization(value);
        ASSERT_TRUE(read) << value << ": " << read.error();
        EXPECT_EQ(read->scheme, Scheme::digest);
        EXPECT_EQ(read->user, "u") << value;
        EXPECT_EQ(read->realm, "ipcam") << value;
        EXPECT_EQ(read->nonce, "8eb5") << value;
        EXPECT_EQ(read->uri, "rtsp://h/closed") << value;
        EXPECT_EQ(read->response, "6b62") << value;
        EXPECT_EQ(read->algorithm, DigestAlgorithm::md5) << value;
        EXPECT_FALSE(read->qop_auth) << value;
    }
    auto const qop = parse_authorization(
        "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/a\", response=\"x\", "
        "algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"c0\", opaque=\"o\"");
    ASSERT_TRUE(qop);
    EXPECT_TRUE(qop->qop_auth);
    EXPECT_EQ(qop->nonce_count, "00000001");
    EXPECT_EQ(qop->cnonce, "c0");
    EXPECT_EQ(qop->opaque, "o");
    EXPECT_EQ(parse_authorization(write_authorization(*qop)), *qop);
}

TEST(GoldenAuthorization, BasicMayHoldAnyPassword) {
    struct Case {
        char const* value;
        char const* user;
        char const* password;
    };
    Case const cases[] = {
        {"Basic dTpw", "u", "p"},
        {"Basic   dTpw  ", "u", "p"},
        {"Basic dTpwOnc=", "u", "p:w"},
        {"Basic dTpwOnc", "u", "p:w"},
        {"Basic Og==", "", ""},
        {"Basic dTo=", "u", ""},
        {"Basic w6k6w7w=", "\xC3\xA9", "\xC3\xBC"},
    };
    for (auto const& c : cases) {
        auto const read = parse_authorization(c.value);
        ASSERT_TRUE(read) << c.value;
        EXPECT_EQ(read->user, c.user) << c.value;
        EXPECT_EQ(read->password, c.password) << c.value;
        EXPECT_EQ(parse_authorization(write_authorization(*read)), *read) << c.value;
    }
}

std::string many_headers(std::size_t count) {
    std::string text = "OPTIONS * RTSP/1.0\r\n";
    for (std::size_t i = 0; i < count; ++i) text += "X: y\r\n";
    return text + "\r\n";
}

TEST(GoldenHead, IsReadOrRefusedForTheRightReason) {
    using enum ParseError;
    struct Case {
        std::string text;
        std::optional<ParseError> error;
        char const* cseq = "";  // for the reply to a refused request
    };
    auto const request = [](std::string const& headers) {
        return "OPTIONS rtsp://h/a RTSP/1.0\r\n" + headers + "\r\n";
    };
    Case const cases[] = {
        {request(""), {}},
        {request("CSeq: 1\r\n"), {}},
        {request("CSeq:1\r\nX-Accept.Dynamic-Rate: 1\r\nEmpty:\r\nTabs:\ta\tb\t\r\n"), {}},
        {"OPTIONS rtsp://h/a RTSP/1.0\nCSeq: 1\n\n", {}},
        {"PLAY rtsp://h/a b/c RTSP/1.0\r\n\r\n", {}},  // cameras write blanks into URLs
        {"RTSP/1.0 200 OK\r\n\r\n", {}},
        {"RTSP/1.0 200\r\n\r\n", {}},
        {"RTSP/1.0 461 Unsupported  transport\r\n\r\n", {}},
        {request("Content-Length: 131072\r\n"), {}},
        {many_headers(kMaxHeaders), {}},
        {request(std::string(kMaxHeaderName, 'n') + ": v\r\n"), {}},
        {request("X: " + std::string(kMaxHeaderValue, 'v') + "\r\n"), {}},

        {"\r\n", not_rtsp},
        {"OPTIONS\r\n\r\n", not_rtsp},
        {"OPTIONS rtsp://h/a\r\n\r\n", not_rtsp},
        {" OPTIONS * RTSP/1.0\r\n\r\n", not_rtsp},
        {"OPT\xC3\x84 * RTSP/1.0\r\n\r\n", not_rtsp},
        {"OPTIONS  RTSP/1.0\r\n\r\n", not_rtsp},
        {"OPTIONS a\tb RTSP/1.0\r\n\r\n", not_rtsp},
        {std::string(kMaxMethod + 1, 'A') + " * RTSP/1.0\r\n\r\n", not_rtsp},
        {"OPTIONS * RTSP/1.0 \r\n\r\n", not_rtsp},
        {"OPTIONS * FTP/1.0\r\n\r\n", not_rtsp},
        {"OPTIONS * RTSP/2.0\r\n\r\n", bad_version},
        {"GET / HTTP/1.1\r\n\r\n", bad_version},
        {"RTSP/1.0 2x0 OK\r\n\r\n", not_rtsp},
        {"RTSP/1.0 20 OK\r\n\r\n", not_rtsp},
        {"RTSP/1.0 099 OK\r\n\r\n", not_rtsp},
        {"RTSP/1.0 -20 OK\r\n\r\n", not_rtsp},
        {"RTSP/1.0 2000 OK\r\n\r\n", not_rtsp},
        {"RTSP/1.0200 OK\r\n\r\n", not_rtsp},
        {"RTSP/1.0 200 a\x01z\r\n\r\n", not_rtsp},
        {"OPTIONS " + std::string(kMaxUrl + 1, 'u') + " RTSP/1.0\r\n\r\n", url_too_long},
        {request("CSeq: 7\r\nno colon\r\n"), bad_header, "7"},
        {request("CSeq: 7\r\n: no name\r\n"), bad_header, "7"},
        {request("CSeq: 7\r\nX: a\r\n folded\r\n"), bad_header, "7"},
        {request("na me: x\r\n"), bad_header},
        {request("CSeq: 7\r\nX: a" + std::string(1, '\0') + "b\r\n"), bad_header, "7"},
        {request("X: a\rb\r\n"), bad_header},
        {request(std::string(kMaxHeaderName + 1, 'n') + ": v\r\n"), header_too_long},
        {request("X: " + std::string(kMaxHeaderValue + 1, 'v') + "\r\n"), header_too_long},
        {many_headers(kMaxHeaders + 1), too_many_headers},
        {request("CSeq: 7\r\ncseq: 8\r\n"), duplicate_header},
        {request("CSeq: 7\r\nSession: a\r\nSESSION: a\r\n"), duplicate_header, "7"},
        {request("Content-Length: 1\r\nContent-Length: 1\r\n"), duplicate_header},
        {request("CSeq: 7\r\nContent-Length: \r\n"), bad_content_length, "7"},
        {request("Content-Length: -1\r\n"), bad_content_length},
        {request("Content-Length: +1\r\n"), bad_content_length},
        {request("Content-Length: 1 2\r\n"), bad_content_length},
        {request("Content-Length: 0x10\r\n"), bad_content_length},
        {request("CSeq: 7\r\nContent-Length: 131073\r\n"), body_too_long, "7"},
        {request("Content-Length: 18446744073709551616\r\n"), body_too_long},
    };
    for (auto const& c : cases) {
        std::string cseq;
        auto const head = parse_head(c.text, cseq);
        auto const shown = c.text.substr(0, 80);
        ASSERT_EQ(head.has_value(), !c.error) << shown;
        EXPECT_EQ(cseq, c.cseq) << shown;
        if (!head) EXPECT_EQ(describe(head.error()), describe(*c.error)) << shown;
    }
}

TEST(GoldenHead, JunkIsRefusedBeforeALineHasCome) {
    for (auto const* const good :
         {"O", "OPTIONS", "OPTIONS ", "RTSP/1.0 2", "get_PARAMETER-9 \x01"}) {
        EXPECT_TRUE(may_begin_head(good)) << good;
    }
    for (auto const* const bad :
         {"", " ", "\x16\x03\x01", "\x80", "{\"a\":1}", "GET\t/", "<?xml"}) {
        EXPECT_FALSE(may_begin_head(bad)) << bad;
    }
    EXPECT_TRUE(may_begin_head(std::string(kMaxMethod, 'A')));
    EXPECT_FALSE(may_begin_head(std::string(kMaxMethod + 1, 'A')));
}

}  // namespace
}  // namespace tidegate::rtsp
