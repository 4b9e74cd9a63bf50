"""HLS: routes, sessions, cookies, errors, Control API, metrics and log of its server."""

import re

import pytest
from support import ffmpeg, hls, http
from support.differences import differs
from support.hls import Player, fetch
from support.live_mp4 import LiveViewer
from support.router import HOST, variation
from support.wait import wait_until

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SECRET = "Secret1"
COOKIE_CHECK = "cookieCheck=1; HttpOnly; Secure; SameSite=None; Partitioned"
TYPE = "application/vnd.apple.mpegurl"


def error(reply):
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8", reply
    assert reply.json()["status"] == "error"
    return reply.status, reply.json()["error"]


@pytest.fixture(scope="module")
def server(make_router):
    """A router with HLS on, whose reading users may be anybody."""
    router = make_router(variation(hls=True, hlsCDNSecret=SECRET, hlsAllowOrigins=["*"], logLevel="debug",
                                   paths={"all_others": {}})).start()
    yield router
    router.stop()


@pytest.fixture
def player(server, live, path):
    live(server, path)
    return Player(server, path)


# Routes

def test_live_mp4(server, player, path):
    viewer = LiveViewer(HOST, server.hls_port, path)
    try:
        status, headers = viewer.head()
        row = "`/<path>/live.mp4`"
        assert status == differs(server, row, mediamtx=401, embedded=200)
        kind = headers["content-type"].split(";")[0]
        assert kind == differs(server, row, mediamtx="application/json", embedded="video/mp4")
    finally:
        viewer.close()


@pytest.mark.parametrize("target,status,location", [
    ("live/x/in", 302, "/live/x/in/"), ("live/x/in?a=1", 302, "/live/x/in/?a=1"), ("/evil.example", 302, "/evil.example/"),
    ("a/../b", 302, "/b/"), ("favicon.ico", 404, None), ("", 404, None), ("x/hls.min.js.map", 404, None)])
def test_routes_without_a_stream(server, target, status, location):
    reply = fetch(server.hls(target))
    assert (reply.status, reply.headers.get("Location")) == (status, location)
    assert reply.headers["Server"] == "mediamtx" and reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.body == (b"404 page not found" if status == 404 else b"")


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "OPTIONS"])
def test_other_methods(server, method):
    reply = fetch(server.hls("live/x/in/index.m3u8"), method=method)
    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/plain")


def test_preflight(server):
    reply = fetch(server.hls("live/x/in/index.m3u8"), {"Access-Control-Request-Method": "GET"}, "OPTIONS")
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["Access-Control-Allow-Methods"] == "OPTIONS, GET"
    assert reply.headers["Access-Control-Allow-Headers"] == "Authorization, Range"


def test_the_page(server, path):
    reply = fetch(server.hls(path + "/"))
    assert (reply.status, reply.headers["Content-Type"], reply.headers["Cache-Control"]) == (200, "text/html", "max-age=3600")
    assert b"<video" in reply.body


def test_the_script_of_the_page(server, path):
    status = differs(server, "HLS: the page of a path", mediamtx=200, embedded=404)
    assert fetch(server.hls(path + "/hls.min.js")).status == status


# Sessions

@pytest.mark.parametrize("query,expected", [
    ("", "cookieCheck=1"), ("?b=2&a=1", "a=1&b=2&cookieCheck=1"), ("?cookieCheck=0", "cookieCheck=1"),
    ("?x=%22a+b%2F", "cookieCheck=1&x=%22a+b%2F")])
def test_the_first_request_is_sent_back_with_a_cookie(server, path, query, expected):
    reply = fetch(server.hls(f"{path}/index.m3u8{query}"))
    assert (reply.status, reply.body) == (302, b"")
    assert reply.headers["Location"] == f"/{path}/index.m3u8?{expected}"
    assert reply.headers["Set-Cookie"] == COOKIE_CHECK


def test_a_start_rewinds_into_the_recording(server, path):
    reply = fetch(server.hls(f"{path}/index.m3u8?start=2026-01-02T10:00:00Z"))
    assert reply.status == differs(server, "HLS: `index.m3u8?start=<time>`", mediamtx=302, embedded=404)


def test_without_cookies_the_uris_carry_the_session(server, live, path):
    live(server, path)
    player = Player(server, path, "token=abc&a=1")
    assert player.reply.headers["Content-Type"] == TYPE
    assert player.reply.headers["Cache-Control"] == "private, no-cache" and "Set-Cookie" not in player.reply.headers
    query = f"a=1&session={player.secret}&token=abc"
    assert player.video == f"video1_stream.m3u8?{query}"
    media = player.playlist()
    assert all(uri.endswith("?" + query) for uri in media.segments())
    assert hls.attributes(media.value("EXT-X-MAP"))["URI"].endswith("_video1_init.mp4?" + query)


def test_with_cookies_the_uris_carry_the_clients_query_only(server, live, path):
    live(server, path)
    player = Player(server, path, "a=1", {"Cookie": "x=y; cookieCheck=1"})
    found = re.fullmatch(r"hlsSession=(.*); HttpOnly; Secure; SameSite=None; Partitioned", player.reply.headers["Set-Cookie"])
    assert UUID.fullmatch(found.group(1)) and player.video == "video1_stream.m3u8?a=1"
    assert fetch(player.base + player.video).status == 401
    assert fetch(player.base + player.video, {"Cookie": f"hlsSession={found.group(1)}; z=1"}).status == 200


@pytest.mark.parametrize("target", ["video1_stream.m3u8", "video1_stream.m3u8?session=x", "nothing.ts", "gap.mp4"])
def test_files_need_a_session(server, player, target):
    assert error(fetch(player.base + target)) == (401, "authentication error")


def test_a_session_is_good_for_its_own_path_only(server, live, player, path):
    other = path + "2"
    live(server, other)
    Player(server, other)
    assert fetch(server.hls(f"{other}/{player.video}")).status == 401


def test_a_session_and_its_address(server, player):
    """The whole of 127.0.0.0/8 is this machine's, so it can ask from another address."""
    import socket
    with socket.create_connection(("127.0.0.1", server.hls_port), source_address=("127.0.0.9", 0)) as client:
        client.sendall(f"GET {player.base[player.base.index('/', 8):]}{player.video} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Connection: close\r\n\r\n".encode())
        status = client.makefile("rb").readline()
    expected = differs(server, "HLS: a session and the address", mediamtx=401, embedded=200)
    assert int(status.split()[1]) == expected


def test_no_stream(server, path):
    reply = fetch(server.hls(f"{path}/index.m3u8?cookieCheck=1"))
    assert error(reply) == (404, f"no stream is available on path '{path}'")


def test_files_of_a_path_without_a_muxer(server, path):
    assert error(fetch(server.hls(f"{path}/video1_stream.m3u8"))) == (401, "authentication error")


@pytest.fixture
def publish_g711(clips, tmp_path):
    """publish_g711(server, path, output options): a sound that HLS does not have. ffmpeg's log name of it is pcm_alaw."""
    def start(server, path, *options):
        started.append(ffmpeg.publish(clips.get("av"), server.rtmp(path), tmp_path / "publisher.log",
                                      options=["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1", *options]))
        server.wait_ready(path)
    started = []
    yield start
    for publisher in started:
        publisher.kill()


def test_a_stream_without_anything_for_hls(server, publish_g711, path):
    publish_g711(server, path, "-vn")
    assert error(fetch(server.hls(f"{path}/index.m3u8?cookieCheck=1"))) == (500, "muxer instance not available")
    server.wait_message("INF", rf"\[HLS\] \[muxer {path}\] destroyed: the stream doesn't contain any supported codec, .*")


def test_a_track_that_hls_does_not_have(server, publish_g711, path):
    publish_g711(server, path)
    assert hls.attributes(Player(server, path).index.value("EXT-X-STREAM-INF"))["CODECS"] == "avc1.42c00d"
    server.wait_message("WAR", rf"\[HLS\] \[muxer {path}\] skipping track 2 \(G711\)")


def test_mp3_is_a_choice_beside_the_picture_alone(server, live, path):
    live(server, path, "mp3")
    row = "HLS: AC-3, E-AC-3 and MP3"
    player = Player(server, path)
    choices = [hls.attributes(value) for value in player.index.values("EXT-X-STREAM-INF")]
    assert [(choice["CODECS"], choice.get("AUDIO")) for choice in choices] == differs(
        server, row, mediamtx=[("avc1.42c00d", None)], embedded=[("avc1.42c00d,mp4a.6B", "audio-mp3"), ("avc1.42c00d", None)])
    if server.embedded:
        init = player.get(hls.attributes(player.playlist(player.audio).value("EXT-X-MAP"))["URI"]).body
        segment = player.get(player.playlist(player.audio).segments()[-1]).body
        heard = ffmpeg.probe("-", data=init + segment)
        assert heard["audio"]["codec_name"] == "mp3" and heard["audio"]["sample_rate"] == "44100"


# Control API, metrics, hooks, log

def test_the_api_shows_muxer_and_session(server, player, path):
    muxer = server.get(f"/v3/hlsmuxers/get/{path}").json()
    assert set(muxer) == {"path", "created", "lastRequest", "outboundBytes", "outboundFramesDiscarded", "bytesSent"}
    assert muxer["path"] == path and muxer["outboundBytes"] == muxer["bytesSent"] == len(player.reply.body)
    assert muxer in server.items("hlsmuxers")
    session, = [s for s in server.items("hlssessions") if s["path"] == path]
    assert set(session) == {"id", "created", "remoteAddr", "path", "query", "user", "userAgent", "isCDN", "outboundBytes"}
    assert session["remoteAddr"].startswith("127.0.0.1:") and session["isCDN"] is False
    assert session["outboundBytes"] == len(player.reply.body)
    assert server.get(f"/v3/hlssessions/get/{session['id']}").json() == session
    assert {"type": "hlsSession", "id": session["id"]} in server.path(path)["readers"]
    assert len(server.path(path)["readers"]) == 1


def test_the_api_without_such_items(server):
    assert error(server.get("/v3/hlsmuxers/get/nosuch")) == (404, "muxer not found")
    assert error(server.get("/v3/hlssessions/get/00000000-0000-0000-0000-000000000000")) == (404, "session not found")
    assert error(server.get("/v3/hlssessions/get/abc")) == (400, "invalid UUID length: 3")
    assert error(http.request("POST", server.api("/v3/hlssessions/kick/00000000-0000-0000-0000-000000000000"))) == \
        (404, "session not found")


def test_kick(server, player, path):
    session = server.wait_item("hlssessions", path=path)
    assert http.request("POST", server.api(f"/v3/hlssessions/kick/{session['id']}")).json() == {"status": "ok"}
    wait_until(lambda: player.get(player.video).status == 401, "the session has ended")
    server.wait_message("INF", rf"\[HLS\] \[session {session['id'][:8]}\] closed: kicked")
    wait_until(lambda: server.path(path)["readers"] == [], "no reader is left")


def test_metrics(server, player, path):
    session = server.wait_item("hlssessions", path=path)
    page = http.get(server.metrics()).text()
    labels = f'{{id="{session["id"]}",path="{path}",remoteAddr="{session["remoteAddr"]}"}}'
    assert f"hls_sessions{labels} 1\n" in page and f"hls_sessions_outbound_bytes{labels} " in page
    for name in ("outbound_bytes", "outbound_frames_discarded", "bytes_sent"):
        assert re.search(rf'^hls_muxers_{name}{{name="{path}"}} \d+$', page, re.M), name
    order = ["# HLS sessions", "# HLS muxers", "# HLS muxers (deprecated)", "# RTSP connections"]
    assert [line for line in page.splitlines() if line in order] == order
    one = http.get(server.metrics(f"/metrics?hls_muxer={path}")).text()
    assert "hls_sessions{" not in one and f'hls_muxers{{name="{path}"}} 1' in one
    assert "hls_muxers" not in http.get(server.metrics("/metrics?type=hls_sessions")).text()


def test_the_log_of_a_viewer(server, player, path):
    session = server.wait_item("hlssessions", path=path)
    prefix = rf"\[HLS\] \[session {session['id'][:8]}\] "
    server.wait_message("INF", prefix + "created by " + re.escape(session["remoteAddr"]))
    server.wait_message("INF", prefix + f"is reading from muxer '{path}'")
    muxer = rf"\[HLS\] \[muxer {path}\] "
    server.wait_message("INF", muxer + r"created \(requested by " + re.escape(session["remoteAddr"]) + r"\)")
    # MediaMTX lists the tracks in the order of their first units.
    tracks = r"(H264, MPEG-4 Audio|MPEG-4 Audio, H264)"
    server.wait_message("INF", muxer + rf"is converting into HLS, 2 tracks \({tracks}\)")


# CDN

def test_a_cdn_shares_one_session(server, live, path):
    live(server, path)
    cdn = {"Authorization": f"Bearer {SECRET}"}
    first, second = (fetch(server.hls(f"{path}/index.m3u8?a=1"), cdn) for _ in range(2))
    assert first.status == second.status == 200 and "Set-Cookie" not in first.headers
    assert first.headers["Cache-Control"] == "public, max-age=30"
    index = hls.Playlist(first.text().splitlines())
    assert index.uris() == ["video1_stream.m3u8?a=1"]
    session, = [s for s in server.items("hlssessions") if s["path"] == path]
    assert session["isCDN"] is True
    server.wait_message("INF", rf"\[HLS\] \[session {session['id'][:8]}\] created by .* \(CDN\)")
    media = fetch(server.hls(f"{path}/video1_stream.m3u8"), cdn)
    assert (media.status, media.headers["Cache-Control"]) == (200, "no-cache")
    segment = hls.Playlist(media.text().splitlines()).segments()[0]
    assert fetch(server.hls(f"{path}/{segment}"), cdn).headers["Cache-Control"] == "public, max-age=3600"
    assert fetch(server.hls(f"{path}/{segment}")).status == 401


def test_a_cdn_that_has_the_index_already(server, live, path):
    live(server, path)
    status = differs(server, "HLS: a CDN's request for a file before its `index.m3u8`", mediamtx=401, embedded=200)
    assert fetch(server.hls(f"{path}/video1_stream.m3u8"), {"Authorization": f"Bearer {SECRET}"}).status == status


# Lengths and ranges

def test_ranges(server, player):
    uri = hls.attributes(player.playlist().value("EXT-X-MAP"))["URI"]
    whole = player.get(uri)
    part = player.get(uri, headers={"Range": "bytes=4-7"})
    found = (part.status, part.body, part.headers.get("Content-Range"))
    assert found == differs(server, "HLS: `Range`", mediamtx=(200, whole.body, None),
                            embedded=(206, b"ftyp", f"bytes 4-7/{len(whole.body)}"))


def test_lengths(server, player):
    reply = player.get(player.playlist().segments()[0])
    length = reply.headers.get("Content-Length")
    assert length == differs(server, "HLS: length of bodies", mediamtx=None, embedded=str(len(reply.body)))
    assert reply.headers["Content-Type"] == "video/mp4" and reply.headers["Cache-Control"] == "private, no-cache"
