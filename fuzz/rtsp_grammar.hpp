// What RTSP peers say, chosen by a script: valid requests, responses, descriptions and frames with
// odd fields in odd orders.
#pragma once

#include <string>
#include <utility>

#include "rtsp/core/caption.hpp"
#include "rtsp/core/message.hpp"
#include "script.hpp"

namespace tidegate::fuzz {

namespace rtsp = tidegate::rtsp;

inline constexpr std::string_view kSession = "00000000000000000000000000000000";

// One of the texts; in `others` further choices the first `usual` of them, or any text of so many
// bytes at most.
template <std::size_t N>
std::string mostly(Script& script, std::array<std::string_view, N> const& texts, std::size_t others,
                   std::size_t usual, std::size_t most) {
    auto const choice = script.below(N + others);
    if (choice == N) return std::string(script.text(most));
    return std::string(texts[choice < N ? choice : choice % usual]);
}

inline std::string rtsp_url(Script& script) {
    static constexpr std::array<std::string_view, 14> kUrls{
        "rtsp://h/live/a/in",
        "rtsp://h/live/a/in/trackID=0",
        "rtsp://h/live/a/in/trackID=1",
        "rtsp://h/live/a/in/",
        "rtsp://h/live/a/in?q=1",
        "rtsp://h/live/a/in/trackID=0?q=1",
        "rtsp://u:p@other:8554/live/a/in/trackID=7",
        "/trackID=0",
        "trackID=1",
        "*",
        "RTSP://[fe80::1%25eth0]/live/a/in?a={|}",
        "rtsp://h",
        "rtsp://h:70000/x",
        ""};
    return mostly(script, kUrls, 8, 3, 40);
}

inline std::string rtsp_transport(Script& script) {
    static constexpr std::array<std::string_view, 10> kTransports{
        "RTP/AVP/TCP;unicast;interleaved=0-1",
        "RTP/AVP/TCP;unicast;interleaved=2-3",
        "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record",
        "RTP/AVP/TCP;unicast;interleaved=2-3;mode=\"RECORD\"",
        "RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=0A0B0C0D;mode=play",
        "RTP/AVP/TCP;unicast",
        "RTP/AVP;unicast;client_port=5000-5001",
        "RTP/AVP/UDP;multicast,RTP/AVP/TCP;interleaved=254-255",
        "RTP/SAVP/TCP;interleaved=255-256",
        ""};
    return mostly(script, kTransports, 4, 4, 60);
}

inline std::string rtsp_description(Script& script) {
    static constexpr std::array<std::string_view, 22> kLines{
        "m=video 0 RTP/AVP 96",
        "a=rtpmap:96 H264/90000",
        "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==",
        "a=control:trackID=0",
        "m=audio 0 RTP/AVP 97",
        "a=rtpmap:97 mpeg4-generic/44100/2",
        "a=fmtp:97 "
        "streamtype=5;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1210",
        "a=control:trackID=1",
        "a=control:rtsp://h/live/a/in/trackID=0",
        "a=control:*",
        "a=rtpmap:96 H265/90000",
        "a=rtpmap:97 opus/48000/2",
        "m=audio 0 RTP/AVP 14 0 8",
        "m=application 0 RTP/AVP 107",
        "a=sendonly",
        "a=recvonly",
        "a=fmtp:96 ",
        "thread=0 0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=x",
        "a=rtpmap:96 MP4A-LATM/48000/2",
        "a=fmtp:97 cpresent=0;config=400024203fc0"};
    std::string text = script.below(8) == 7 ? "" : "v=0\r\na=x-captions:es,fr\r\n";
    if (script.flag()) {  // two tracks that are right
        for (std::size_t i = 0; i < 8; ++i) text += std::string(kLines[i]) + "\r\n";
    }
    for (auto left = script.below(12); left > 0; --left) {
        auto const choice = script.below(kLines.size() + 1);
        text += choice < kLines.size() ? std::string(kLines[choice]) : std::string(script.text(60));
        text += script.below(8) == 7 ? "\n" : "\r\n";
    }
    return text;
}

template <class Message>
void add_rtsp_headers(Script& script, Message& message) {
    static constexpr std::array<std::string_view, 8> kNames{
        "User-Agent", "Require", "Range", "Accept", "X.Dotted", "RTP-Info", "Location", "Public"};
    static constexpr std::array<std::string_view, 8> kValues{
        "LIVE555 Streaming Media v2013.02.11",
        "npt=0.000-",
        "application/sdp",
        "url=rtsp://h/live/a/in/trackID=0;seq=1;rtptime=2,url=trackID=1;seq=65536",
        "onvif-replay",
        "OPTIONS, DESCRIBE",
        "",
        "rtsp://h2/live/b/in"};
    for (auto left = script.below(4); left > 0; --left) {
        auto const name = script.pick(kNames);
        auto const value = script.below(kValues.size() + 1);
        message.headers.add(std::string(name),
                            std::string(value < kValues.size() ? kValues[value] : script.text(80)));
    }
    static constexpr std::array<std::string_view, 6> kSessions{
        "", kSession, "wrong", "00000000000000000000000000000000;timeout=60", "x;timeout=-1", ";;"};
    auto const session = script.below(kSessions.size() + 4);
    auto const& chosen = kSessions[session < kSessions.size() ? session : session % 2];
    if (!chosen.empty()) message.headers.add("Session", std::string(chosen));
}

inline base::Bytes rtsp_frame(Script& script) {
    auto const channel = script.below(8);
    auto const payload = script.bytes(script.byte());
    auto const odd = script.byte();
    base::Bytes wire{'$', static_cast<std::uint8_t>(channel < 7 ? channel : script.byte())};
    base::ByteWriter writer(wire);
    writer.u16(odd == 255 ? 65535U : static_cast<unsigned>(payload.size()));
    writer.bytes(payload);
    return wire;
}

inline std::string rtsp_parameters(Script& script) {
    static constexpr std::array<std::string_view, 6> kNames{
        "x-caption-language", "x-caption-track", "x-caption-rtptime",
        "x-caption-duration", "x-caption-text",  "x"};
    std::string body;
    for (auto left = script.below(8); left > 0; --left) {
        body.append(script.pick(kNames)).append(": ");
        body.append(script.flag() ? std::to_string(script.number()) : std::string(script.text(20)));
        body.append("\r\n");
    }
    return body;
}

inline base::Bytes rtsp_request(Script& script, unsigned cseq) {
    static constexpr std::array<std::string_view, 14> kMethods{
        "OPTIONS", "DESCRIBE", "SETUP",         "PLAY",          "ANNOUNCE", "SETUP",   "RECORD",
        "PAUSE",   "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "REDIRECT", "options", "X"};
    rtsp::Request request;
    request.method = script.pick(kMethods);
    request.url = rtsp_url(script);
    auto const odd = script.byte();
    if (odd < 250) {
        request.headers.add("CSeq", (odd < 240 ? "" : "+") + std::to_string(cseq));
    } else if (odd < 254) {
        request.headers.add("CSeq", std::string(script.text(20)));
    }
    if (request.method == "SETUP") request.headers.add("Transport", rtsp_transport(script));
    static constexpr std::array<std::string_view, 5> kAuthorizations{
        "", "Basic dTpw", "Basic Og==",
        "Digest username=\"u\", realm=\"ipcam\", nonce=\"n\", uri=\"rtsp://h/live/a/in\", "
        "response=\"0123456789abcdef0123456789abcdef\"",
        "Digest username=\"u\", uri=\"/live/a/in\", algorithm=SHA-256, qop=auth, nc=00000001"};
    auto const authorization = script.below(8);
    if (authorization > 0 && authorization < kAuthorizations.size()) {
        request.headers.add("Authorization", std::string(kAuthorizations[authorization]));
    }
    add_rtsp_headers(script, request);
    if (request.method == "ANNOUNCE" || script.below(16) == 15) {
        request.headers.add("Content-Type", script.below(8) == 7 ? "Application/SDP; charset=utf-8"
                                                                 : "application/sdp");
        request.body = rtsp_description(script);
    } else if (request.method == "SET_PARAMETER") {
        request.headers.add("Content-Type", std::string(rtsp::kParametersType));
        request.body = rtsp_parameters(script);
    }
    base::Bytes wire;
    rtsp::write(request, wire);
    script.damage(wire);
    return wire;
}

// cseq: of the request that waits for it.
inline base::Bytes rtsp_response(Script& script, std::string const& cseq) {
    static constexpr std::array<int, 8> kStatuses{200, 200, 200, 401, 404, 302, 454, 500};
    rtsp::Response response;
    response.status = script.pick(kStatuses);
    auto const odd = script.byte();
    if (odd < 250) response.headers.add("CSeq", odd < 240 ? cseq : std::to_string(odd));
    static constexpr std::array<std::string_view, 4> kChallenges{
        "Basic realm=\"ipcam\"", "Digest realm=\"ipcam\", nonce=\"n\"",
        "Digest realm=\"ipcam\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256, stale=TRUE",
        "Bearer x"};
    if (response.status == 401) {
        response.headers.add("WWW-Authenticate", std::string(script.pick(kChallenges)));
    }
    if (script.flag()) response.headers.add("Transport", rtsp_transport(script));
    if (script.flag()) response.headers.add("Content-Base", rtsp_url(script));
    add_rtsp_headers(script, response);
    if (script.flag()) response.body = rtsp_description(script);
    base::Bytes wire;
    rtsp::write(response, wire);
    script.damage(wire);
    return wire;
}

}  // namespace tidegate::fuzz
