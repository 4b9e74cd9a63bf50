"""The metrics: names, labels, order, filters, and what is shown when there is nothing."""

import re

import pytest
from support import http
from support.differences import differs
from support.wait import wait_until

NOBODY = "00000000-0000-4000-8000-000000000000"
LINE = re.compile(r'([a-z_]+)(?:\{(.*)\})? (-?[0-9.e+]+)')

PATHS = ["paths", "paths_inbound_bytes", "paths_outbound_bytes", "paths_inbound_frames_in_error"]
PATHS_OLD = ["paths_bytes_received", "paths_bytes_sent"]
RTSP_CONNS = ["rtsp_conns", "rtsp_conns_inbound_bytes", "rtsp_conns_outbound_bytes"]
RTSP_CONNS_OLD = ["rtsp_conns_bytes_received", "rtsp_conns_bytes_sent"]
RTSP_SESSIONS = ["rtsp_sessions"] + [f"rtsp_sessions_{n}" for n in (
    "inbound_bytes", "inbound_rtp_packets", "inbound_rtp_packets_lost", "inbound_rtp_packets_in_error",
    "inbound_rtp_packets_jitter", "inbound_rtcp_packets", "inbound_rtcp_packets_in_error", "outbound_bytes",
    "outbound_rtp_packets", "outbound_rtp_packets_reported_lost", "outbound_rtp_packets_discarded",
    "outbound_rtcp_packets")]
RTSP_SESSIONS_OLD = [f"rtsp_sessions_{n}" for n in (
    "bytes_received", "bytes_sent", "rtp_packets_received", "rtp_packets_sent", "rtp_packets_lost",
    "rtp_packets_in_error", "rtp_packets_jitter", "rtcp_packets_received", "rtcp_packets_sent",
    "rtcp_packets_in_error")]
RTMP = ["rtmp_conns", "rtmp_conns_inbound_bytes", "rtmp_conns_outbound_bytes", "rtmp_conns_outbound_frames_discarded"]
RTMP_OLD = ["rtmp_conns_bytes_received", "rtmp_conns_bytes_sent"]
HLS_SESSIONS = ["hls_sessions", "hls_sessions_outbound_bytes"]
HLS_MUXERS = ["hls_muxers", "hls_muxers_outbound_bytes", "hls_muxers_outbound_frames_discarded"]
HLS_MUXERS_OLD = ["hls_muxers_bytes_sent"]
OWN_BLOCKS = ["Playback", "TLS handshakes", "HLS requests refused", "Recorders"]
OWN = {"RTSP sessions": ["rtsp_sessions_outbound_without_picture"], "RTMP connections": ["rtmp_conns_outbound_without_picture"],
       "HLS sessions": ["hls_sessions_outbound_fragments_discarded"]}


def with_own(router, expected):
    """{title: names}, with the metrics that the embedded router adds."""
    own = differs(router, "metrics of our own", {}, OWN)
    return {title: [*block, *own.get(title, [])] for title, block in expected.items()}


def without_own_blocks(router, found):
    """The blocks that both routers have. The embedded router's own blocks stand behind them."""
    own = differs(router, "metrics of our own", [], OWN_BLOCKS)
    assert list(found)[len(found) - len(own):] == own
    return {title: block for title, block in found.items() if title not in own}


def blocks(text):
    """{title: [(metric, labels, value)]}, in their order."""
    found = {}
    for block in text.strip().split("\n\n") if text.strip() else []:
        title, *lines = block.split("\n")
        assert title.startswith("# "), title
        matches = [LINE.fullmatch(line) for line in lines]
        assert all(matches), lines
        found[title[2:]] = [(m[1], m[2], m[3]) for m in matches]
    return found


def scrape(router, query=""):
    reply = http.get(router.metrics(f"/metrics{query}"))
    assert reply.status == 200
    return blocks(reply.text())


@pytest.fixture(scope="module")
def idle(make_router):
    """A router that no client uses."""
    router = make_router().start()
    yield router
    router.stop()


def names(block):
    return [name for name, _, _ in block]


def test_the_reply(router):
    reply = http.get(router.metrics())
    assert reply.status == 200 and reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.headers["Server"] == "mediamtx" and "Access-Control-Allow-Origin" not in reply.headers
    assert "# HELP" not in reply.text() and "# TYPE" not in reply.text()


def test_nothing_is_zero_without_labels(idle):
    found = without_own_blocks(idle, scrape(idle))
    assert {title: names(block) for title, block in found.items()} == with_own(idle, {
        "Paths": PATHS, "Paths (deprecated)": [*PATHS_OLD, "paths_readers"],
        "HLS sessions": HLS_SESSIONS, "HLS muxers": HLS_MUXERS, "HLS muxers (deprecated)": HLS_MUXERS_OLD,
        "RTSP connections": RTSP_CONNS, "RTSP connections (deprecated)": RTSP_CONNS_OLD,
        "RTSP sessions": RTSP_SESSIONS, "RTSP sessions (deprecated)": RTSP_SESSIONS_OLD,
        "RTMP connections": RTMP, "RTMP connections (deprecated)": RTMP_OLD})
    assert all(labels is None and value == "0" for block in found.values() for _, labels, value in block)


def test_a_path_with_its_reader(router, live, rtsp_client, path):
    publisher = live(router, path)
    reader = rtsp_client(router)
    reader.play(router.rtsp(path))
    conn = router.wait_item("rtmpconns", remoteAddr=publisher.address)
    session = wait_until(lambda: (s := router.wait_item("rtspsessions", remoteAddr=reader.address))["state"] == "read"
                         and s, "the session reads")
    found = without_own_blocks(router, scrape(router))
    own = {title: [(n, labels, v) for n, labels, v in block if labels and (
        f'"{path}"' in labels or f'"{conn["id"]}"' in labels or f'"{session["id"]}"' in labels
        or f'"{session["conns"][0]}"' in labels)] for title, block in found.items()}
    labels = {title: {each for _, each, _ in block} for title, block in own.items()}
    path_labels = f'name="{path}",state="ready"'
    reader_labels = f'name="{path}",readerType="rtspSession",state="ready"'
    session_labels = f'id="{session["id"]}",path="{path}",remoteAddr="{reader.address}",state="read"'
    conn_labels = f'id="{conn["id"]}",path="{path}",remoteAddr="{publisher.address}",state="publish"'
    assert labels == {
        "Paths": {path_labels, reader_labels}, "Paths (deprecated)": {path_labels},
        "HLS sessions": set(), "HLS muxers": set(), "HLS muxers (deprecated)": set(),
        "RTSP connections": {f'id="{session["conns"][0]}"'},
        "RTSP connections (deprecated)": {f'id="{session["conns"][0]}"'},
        "RTSP sessions": {session_labels}, "RTSP sessions (deprecated)": {session_labels},
        "RTMP connections": {conn_labels}, "RTMP connections (deprecated)": {conn_labels}}
    assert sorted(names(own["Paths"])) == sorted([*PATHS, "paths_readers"])
    for title, expected in with_own(router, {
            "Paths (deprecated)": PATHS_OLD, "RTSP connections": RTSP_CONNS,
            "RTSP sessions": RTSP_SESSIONS, "RTSP sessions (deprecated)": RTSP_SESSIONS_OLD,
            "RTMP connections": RTMP, "RTMP connections (deprecated)": RTMP_OLD}).items():
        assert names(own[title]) == expected
    values = {(n, each): v for block in own.values() for n, each, v in block}
    assert values["paths", path_labels] == values["paths_readers", reader_labels] == "1"
    assert values["rtmp_conns", conn_labels] == values["rtsp_sessions", session_labels] == "1"
    assert int(values["rtmp_conns_inbound_bytes", conn_labels]) > 10_000


def test_a_path_without_readers_says_so(router, live, path):
    live(router, path)
    block = scrape(router, f"?path={path}")["Paths"]
    assert ("paths_readers", f'name="{path}",readerType="",state="ready"', "0") in block


def test_the_order_of_the_blocks(router):
    assert list(without_own_blocks(router, scrape(router))) == [
        "Paths", "Paths (deprecated)", "HLS sessions", "HLS muxers", "HLS muxers (deprecated)", "RTSP connections", "RTSP connections (deprecated)", "RTSP sessions",
        "RTSP sessions (deprecated)", "RTMP connections", "RTMP connections (deprecated)"]


@pytest.mark.parametrize("kind,titles", [
    ("paths", ["Paths", "Paths (deprecated)"]), ("rtmp_conns", ["RTMP connections", "RTMP connections (deprecated)"]),
    ("rtsp_conns", ["RTSP connections", "RTSP connections (deprecated)"]),
    ("rtsp_sessions", ["RTSP sessions", "RTSP sessions (deprecated)"]),
    ("forward_dests", ["Forward destinations"]), ("hls_sessions", ["HLS sessions"]),
    ("hls_muxers", ["HLS muxers", "HLS muxers (deprecated)"]), ("srt_conns", []), ("nosuch", [])])
def test_filter_by_type(router, kind, titles):
    assert list(scrape(router, f"?type={kind}")) == titles


def test_filter_by_item(router, live, path):
    publisher = live(router, path)
    conn = router.wait_item("rtmpconns", remoteAddr=publisher.address)
    found = scrape(router, f"?path={path}")
    assert list(found) == ["Paths", "Paths (deprecated)"]
    assert {labels.split(",")[0] for block in found.values() for _, labels, _ in block} == {f'name="{path}"'}
    found = scrape(router, f"?rtmp_conn={conn['id']}")
    assert list(found) == ["RTMP connections", "RTMP connections (deprecated)"]
    assert names(found["RTMP connections"]) == with_own(router, {"RTMP connections": RTMP})["RTMP connections"]
    assert scrape(router, f"?type=rtmp_conns&path={path}") == {}


def test_filter_without_a_match(router, live, path):
    live(router, path)
    assert scrape(router, "?path=nosuch") == {"Paths": [], "Paths (deprecated)": []}
    assert scrape(router, f"?rtmp_conn={NOBODY}") == {"RTMP connections": [], "RTMP connections (deprecated)": []}


def test_filter_without_anything(idle):
    reply = http.get(idle.metrics(f"/metrics?rtmp_conn={NOBODY}"))
    assert (reply.status, reply.body) == (200, b"")


def test_an_empty_body_has_no_type(router):
    reply = http.get(router.metrics("/metrics?type=nosuch"))
    assert (reply.status, reply.body, reply.headers.get("Content-Type")) == (200, b"", None)


@pytest.mark.parametrize("method,path", [("GET", "/"), ("GET", "/v3/info"), ("POST", "/metrics"), ("HEAD", "/metrics")])
def test_other_routes(router, method, path):
    assert http.request(method, router.metrics(path)).status == 404


def test_preflight(router):
    reply = http.request("OPTIONS", router.metrics(), headers={"Origin": "http://a", "Access-Control-Request-Method": "GET"})
    assert reply.status == 204 and reply.headers["Access-Control-Allow-Methods"] == "OPTIONS, GET"
