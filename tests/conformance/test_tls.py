"""RTMPS and RTSPS: what the API, the metrics, hooks and the log call them, and how certificates are used and changed."""

import ssl

import pytest
from support import http, tls
from support.differences import differs
from support.encrypted import encrypted
from support.hook_record import HookRecord
from support.router import HOST
from support.rtmp_client import VIDEO
from support.rtmp_script import Publisher, ScriptedRtmp
from support.rtsp_script import ScriptedRtsp
from support.wait import wait_until


def blocks(router, query=""):
    """{title: names of metrics} of the metrics page."""
    found = {}
    for block in http.get(router.metrics(f"/metrics{query}")).text().strip().split("\n\n"):
        title, *lines = block.split("\n")
        found[title.removeprefix("# ")] = {line.split("{")[0].split(" ")[0] for line in lines}
    return found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def record(program, tmp_path_factory):
    return HookRecord(tmp_path_factory.mktemp("hooks"))


@pytest.fixture(scope="module")
def secure(make_router, certificate, record):
    router = make_router(encrypted(certificate, runOnConnect=record.command("connect", end="hold"),
                                   pathDefaults={"runOnReady": record.command("ready"),
                                                 "runOnRead": record.command("read")})).start()
    yield router
    router.stop()


@pytest.fixture
def trusted(certificate):
    return tls.trusting(certificate)


@pytest.fixture
def publish(clips, trusted):
    started = []

    def start(router, path, context=None):
        publisher = Publisher(HOST, router.rtmps_port, clips.get("av"), path, tls=context or trusted)
        started.append(publisher)
        publisher.lead_sent.wait(20)
        router.wait_ready(path)
        return publisher

    yield start
    for publisher in started:
        publisher.close()


@pytest.fixture
def rtmps(trusted):
    started = []

    def start(router):
        started.append(ScriptedRtmp(HOST, router.rtmps_port, tls=trusted))
        return started[-1]

    yield start
    for client in started:
        client.close()


@pytest.fixture
def rtsps(trusted):
    started = []

    def start(router):
        started.append(ScriptedRtsp(HOST, router.rtsps_port, tls=trusted))
        return started[-1]

    yield start
    for client in started:
        client.close()


def test_the_log_names_the_listeners(secure):
    secure.wait_message("INF", rf"\[RTMPS\] started with listener on {HOST}:{secure.rtmps_port} \(TCP/RTMPS\)")
    secure.wait_message("INF", rf"\[RTSPS\] started with listeners? on {HOST}:{secure.rtsps_port} \(TCP/RTSPS\)")


def test_a_publisher_over_rtmps(secure, publish, rtmp_client, path, record):
    publisher = publish(secure, path)
    conn = secure.wait_item("rtmpsconns", remoteAddr=publisher.address, state="publish")
    assert conn["path"] == path and conn["inboundBytes"] > 0
    in_clear = rtmp_client(secure)
    assert list(conn) == list(secure.wait_item("rtmpconns", remoteAddr=in_clear.address))
    assert secure.path(path)["source"] == {"type": "rtmpsConn", "id": conn["id"]}
    assert all(other["id"] != conn["id"] for other in secure.items("rtmpconns"))
    assert secure.get(f"/v3/rtmpsconns/get/{conn['id']}").json()["id"] == conn["id"]
    assert secure.get(f"/v3/rtmpconns/get/{conn['id']}").status == 404
    call = record.wait("ready", path)
    assert call.environment["MTX_SOURCE_TYPE"] == "rtmpsConn" and call.environment["MTX_SOURCE_ID"] == conn["id"]
    connected = wait_until(lambda: next((c for c in record.calls("connect") if c.environment["MTX_CONN_ID"] == conn["id"]), None),
                           "runOnConnect")
    assert connected.environment["MTX_CONN_TYPE"] == "rtmpsConn"
    assert connected.environment["RTSP_PORT"] == str(secure.rtsp_port)
    prefix = rf"\[RTMPS\] \[conn {publisher.address}\] "
    secure.wait_message("INF", prefix + "opened")
    secure.wait_message("INF", prefix + rf"is publishing to path '{path}'.*")


def test_readers_over_rtmps_and_rtsps(secure, publish, rtmps, rtsps, rtsp_client, path):
    publish(secure, path)
    player = rtmps(secure)
    player.start_path(secure, "play", path)
    assert player.next_of(VIDEO)
    client = rtsps(secure)
    client.play(secure.rtsps(path))
    assert client.frame().rtp().payload
    conn = secure.wait_item("rtmpsconns", remoteAddr=player.address, state="read")
    session = secure.wait_item("rtspssessions", remoteAddr=client.address, state="read")
    rtsp_conn = secure.wait_item("rtspsconns", remoteAddr=client.address)
    in_clear = rtsp_client(secure)
    in_clear.play(secure.rtsp(path))
    assert list(session) == list(secure.wait_item("rtspsessions", remoteAddr=in_clear.address))
    assert list(rtsp_conn) == list(secure.wait_item("rtspconns", remoteAddr=in_clear.address))
    assert (session["transport"], session["profile"]) == ("TCP", "AVP") and session["conns"] == [rtsp_conn["id"]]
    both = {("rtmpsConn", conn["id"]), ("rtspsSession", session["id"])}
    wait_until(lambda: both <= {(r["type"], r["id"]) for r in secure.path(path)["readers"]}, "both readers")
    wait_until(lambda: secure.get(f"/v3/rtspssessions/get/{session['id']}").json()["outboundBytes"] > 0, "bytes are counted")
    assert all(other["id"] != session["id"] for other in secure.items("rtspsessions"))
    secure.wait_message("INF", rf"\[RTSPS\] \[session {session['id'][:8]}\] is reading from path '{path}', with TCP, "
                               r"2 tracks \(H264, MPEG-4 Audio\)")


def test_metrics(secure, publish, rtsps, path):
    publish(secure, path)
    client = rtsps(secure)
    client.play(secure.rtsps(path))
    session = secure.wait_item("rtspssessions", remoteAddr=client.address, state="read")
    found = blocks(secure)
    for title in ("RTMPS connections", "RTMPS connections (deprecated)", "RTSPS connections", "RTSPS sessions"):
        names = found[title.replace("S ", " ", 1)]
        assert found[title] == {name.replace("rtmp_", "rtmps_").replace("rtsp_", "rtsps_") for name in names}
    titles = list(found)
    wanted = ["RTSP sessions", "RTSPS connections", "RTSPS sessions", "RTMP connections", "RTMPS connections"]
    assert [t for t in titles if t in wanted] == wanted
    one = http.get(secure.metrics(f"/metrics?rtsps_session={session['id']}")).text()
    assert session["id"] in one and path in one
    assert set(blocks(secure, f"?rtsps_session={session['id']}")) == {"RTSPS sessions", "RTSPS sessions (deprecated)"}
    assert set(blocks(secure, "?type=rtmps_conns")) == {"RTMPS connections", "RTMPS connections (deprecated)"}


def test_kick(secure, publish, path):
    publisher = publish(secure, path)
    conn = secure.wait_item("rtmpsconns", remoteAddr=publisher.address, state="publish")
    assert http.request("POST", secure.api(f"/v3/rtmpsconns/kick/{conn['id']}")).status == 200
    secure.wait_not_ready(path)


@pytest.mark.parametrize("transport", ["RTP/AVP;unicast;client_port=35466-35467", "RTP/SAVP;unicast;client_port=35466-35467",
                                       "RTP/AVP;multicast"])
def test_udp_is_refused(secure, publish, rtsps, path, transport):
    publish(secure, path)
    client = rtsps(secure)
    assert client.ask("SETUP", f"{secure.rtsps(path)}/trackID=0", {"Transport": transport}).status == 461
    assert client.setup(f"{secure.rtsps(path)}/trackID=0").status == 200, "the client may go on with TCP"


def test_secure_profile(secure, publish, rtsps, path):
    publish(secure, path)
    client = rtsps(secure)
    described = client.ask("DESCRIBE", secure.rtsps(path), {"Accept": "application/sdp"})
    profile = differs(secure, "RTSPS and SRTP", b"RTP/SAVP", b"RTP/AVP")
    assert b" 0 " + profile + b" 96" in described.body
    reply = client.ask("SETUP", f"{secure.rtsps(path)}/trackID=0", {"Transport": "RTP/SAVP/TCP;unicast;interleaved=0-1"})
    # MediaMTX asks for the keys, which a client sends in a header KeyMgmt.
    assert reply.status == differs(secure, "RTSPS and SRTP", 400, 461)


@pytest.mark.parametrize("method", ["basic", "digest"])
def test_users(new_router, certificate, rtsps, publish, path, method):
    user = {"user": "reader", "pass": "secret", "permissions": [{"action": "read"}]}
    everybody = {"user": "any", "permissions": [{"action": "publish"}, {"action": "api"}]}
    router = new_router(encrypted(certificate, rtspAuthMethods=[method], authInternalUsers=[user, everybody])).start()
    publish(router, path)
    client = rtsps(router)
    reply = client.ask("DESCRIBE", router.rtsps(path))
    assert reply.status == 401 and reply.get("WWW-Authenticate").lower().startswith(method)


def test_strict_has_no_port_in_clear(new_router, certificate, publish, path):
    router = new_router(encrypted(certificate, "strict")).start()
    publish(router, path)
    for port in (router.rtmp_port, router.rtsp_port):
        with pytest.raises(ConnectionRefusedError):
            tls.connect(HOST, port, 5)
    assert router.get("/v3/rtmpconns/list").status == 404 and router.get("/v3/rtspsessions/list").status == 404
    assert "RTMP connections" not in blocks(router)


def test_without_encryption_there_is_no_port_with_it(router):
    for port in (router.rtmps_port, router.rtsps_port):
        with pytest.raises(ConnectionRefusedError):
            tls.connect(HOST, port, 5)
    assert router.get("/v3/rtmpsconns/list").status == 404 and router.get("/v3/rtspssessions/list").status == 404


@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_without_its_certificate_the_router_does_not_start(run_program, certificate, tmp_path, protocol):
    config = tmp_path / "mediamtx.yml"
    config.write_text(f"api: no\n{protocol}Encryption: strict\n{protocol}ServerKey: {certificate.key}\n"
                      f"rtspTransports: [tcp]\nhls: no\nwebrtc: no\nsrt: no\nmoq: no\n"
                      f"{'rtsp' if protocol == 'rtmp' else 'rtmp'}: no\n{protocol}ServerCert: /nowhere/server.crt\n")
    code, out, _ = run_program(config)
    assert code == 1 and "ERR open /nowhere/server.crt: no such file or directory" in out


def test_an_address_is_needed(run_program, tmp_path):
    config = tmp_path / "mediamtx.yml"
    config.write_text("rtspEncryption: strict\nrtspsAddress: ''\n")
    code, out, error = run_program(config)
    assert code == 1
    assert "'rtspsAddress' must be set when RTSP is enabled and RTSP encryption is 'optional' or 'strict'" in out + error


def test_a_changed_certificate_is_used_and_no_session_ends(new_router, tmp_path, publish, rtsps, path):
    old, new = (tls.make_certificate(tmp_path, stem=stem) for stem in ("old", "new"))
    fingerprints = old.fingerprint(), new.fingerprint()
    router = new_router(encrypted(old)).start()
    publisher = publish(router, path, tls.trusting(old))
    client = ScriptedRtsp(HOST, router.rtsps_port, tls=tls.trusting(old))
    client.play(router.rtsps(path))
    for port in (router.rtmps_port, router.rtsps_port):
        assert tls.served_fingerprint(HOST, port) == fingerprints[0]
    new.put_in_place_of(old)
    for port in (router.rtmps_port, router.rtsps_port):
        wait_until(lambda: tls.served_fingerprint(HOST, port) == fingerprints[1], "the new certificate")
    assert router.wait_item("rtmpsconns", remoteAddr=publisher.address, state="publish")
    client.frames.clear()
    assert client.frame().rtp().payload
    client.close()


def test_a_bad_pair_keeps_the_old_one(new_router, tmp_path, publish, path):
    certificate = tls.make_certificate(tmp_path)
    router = new_router(encrypted(certificate)).start()
    publish(router, path, tls.trusting(certificate))
    fingerprint = certificate.fingerprint()
    certificate.key.write_text("nonsense")
    wait_until(lambda: [text for level, text in router.messages() if level == "ERR"], "a line in the log")
    for port in (router.rtmps_port, router.rtsps_port):
        assert tls.served_fingerprint(HOST, port) == fingerprint
    assert router.path(path)["ready"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("port", ["rtmps_port", "rtsps_port"])
def test_old_versions_of_tls_are_refused(secure, version, port):
    context = tls.trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLError, match="protocol version|unsupported protocol|no protocols"):
        tls.connect(HOST, getattr(secure, port), 20, context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(secure, rtsps, version):
    context = tls.trusting()
    context.minimum_version = context.maximum_version = version
    first = ScriptedRtsp(HOST, secure.rtsps_port, tls=context)
    assert first.ask("OPTIONS", secure.rtsps("x")).status == 200  # the ticket of TLS 1.3 comes after the handshake
    plain = tls.socket.create_connection((HOST, secure.rtsps_port), 20)
    with context.wrap_socket(plain, session=first.socket.session) as again:
        assert again.session_reused and again.version() == first.socket.version()
    first.close()


def test_rtmp_on_the_port_for_tls(secure, publish, path):
    client = ScriptedRtmp(HOST, secure.rtmps_port)
    client.send(b"\x03" + bytes(1536))
    assert client.read_to_end() is not None
    client.close()
    publish(secure, path)


def test_tls_on_the_ports_in_clear(secure, path):
    for port in (secure.rtmp_port, secure.rtsp_port):
        with pytest.raises(OSError):  # MediaMTX's RTSP port waits
            tls.connect(HOST, port, 5, tls.trusting())


def test_ffmpeg_publishes_and_plays(secure, ffmpeg_publish, client, path):
    ffmpeg_publish(secure.rtmps(path))
    secure.wait_ready(path)
    assert secure.path(path)["source"]["type"] == "rtmpsConn"
    for url, options in ((secure.rtmps(path), ()), (secure.rtsps(path), ("-rtsp_transport", "tcp"))):
        done = client("ffmpeg", "-v", "error", *options, "-i", url, "-frames:v", "20", "-f", "null", "-")
        assert done.wait(60) == 0, done.log()


def test_ffmpeg_publishes_over_rtsps(secure, clips, client, path):
    client("ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", clips.get("av"), "-c", "copy", "-rtsp_transport", "tcp",
           "-f", "rtsp", secure.rtsps(path))
    secure.wait_ready(path)
    assert secure.path(path)["source"]["type"] == "rtspsSession"


def test_gstreamer_publishes_and_plays(secure, client, path):
    client("gst-launch-1.0", "-q", "videotestsrc", "is-live=true", "!", "video/x-raw,width=320,height=180", "!", "x264enc",
           "tune=zerolatency", "key-int-max=30", "!", "h264parse", "!", "flvmux", "streamable=true", "!", "rtmp2sink",
           f"location={secure.rtmps(path)}", "tls-validation-flags=0")
    secure.wait_ready(path, 40)
    for source in (("rtmp2src", f"location={secure.rtmps(path)}", "tls-validation-flags=0", "!", "flvdemux"),
                   ("rtspsrc", f"location={secure.rtsps(path)}", "protocols=tcp", "tls-validation-flags=0", "!", "rtph264depay")):
        player = client("gst-launch-1.0", "-q", *source, "!", "h264parse", "!", "identity", "eos-after=20", "!", "fakesink")
        assert player.wait(120) == 0, player.log()
