"""The HTTP servers over TLS: each with its keys of the configuration, certificates that change, and servers that are asked over TLS."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support import http, https, tls
from support.identity import IdentityServer, Key
from support.router import HOST, variation
from support.wait import wait_until

SERVERS = ("api", "metrics", "playback", "hls")


@pytest.fixture
def certificate(tmp_path):
    return tls.make_certificate(tmp_path / "certificates")


def encrypted(certificate, *servers, **more):
    """The configuration in which these servers speak TLS."""
    keys = {}
    for name in servers:
        keys |= {name: True, f"{name}Encryption": True, f"{name}ServerKey": str(certificate.key), f"{name}ServerCert": str(certificate.crt)}
    return variation(paths={"all_others": {}}, **keys, **more)


def ports(router):
    return {"api": router.api_port, "metrics": router.metrics_port, "playback": router.playback_port, "hls": router.hls_port}


def secure(router, name, path, certificate, **options):
    return https.get(f"https://{HOST}:{ports(router)[name]}{path}", certificate, **options)


def test_all_of_them(new_router, certificate, ffmpeg_publish, stream):
    router = new_router(encrypted(certificate, *SERVERS)).start()
    assert secure(router, "api", "/v3/info", certificate).json()["version"] == "v1.20.1"
    assert "paths" in secure(router, "metrics", "/metrics", certificate).text()
    assert secure(router, "playback", "/list?path=x", certificate).status in (400, 404, 500)
    for name in SERVERS:
        assert "(TCP/HTTPS)" in router.log()
        assert http.get(f"http://{HOST}:{ports(router)[name]}/v3/info").status == 400, "in clear"
    ffmpeg_publish(router.rtmp(stream))
    wait_until(lambda: secure(router, "hls", f"/{stream}/index.m3u8", certificate).status == 200, router.log, 30)
    done = subprocess.run(["ffprobe", "-v", "error", "-tls_verify", "0", "-show_entries", "stream=codec_type", f"https://{HOST}:{router.hls_port}/{stream}/index.m3u8"],
                          capture_output=True, text=True, timeout=60)
    assert "codec_type=video" in done.stdout, done.stderr
    router.stop()


@pytest.mark.parametrize("version, works", [("tls1", False), ("tls1_1", False), ("tls1_2", True), ("tls1_3", True)])
def test_versions(new_router, certificate, version, works):
    router = new_router(encrypted(certificate, "metrics")).start()
    done = subprocess.run(["openssl", "s_client", "-connect", f"{HOST}:{router.metrics_port}", f"-{version}", "-cipher", "DEFAULT@SECLEVEL=0",
                           "-alpn", "http/1.1", "-CAfile", str(certificate.crt)], input="", capture_output=True, text=True, timeout=30)
    assert ("Cipher is (NONE)" not in done.stdout) == works, done.stdout + done.stderr
    assert ("Server certificate" in done.stdout) == works
    assert ("ALPN protocol: http/1.1" in done.stdout) == works
    router.stop()


def test_a_certificate_that_changes_is_used_at_once(new_router, certificate, tmp_path):
    router = new_router(encrypted(certificate, "api", "metrics")).start()
    with tls.connect(HOST, router.metrics_port, 20, tls.trusting(certificate)) as before:
        other = tls.make_certificate(tmp_path / "other")
        wanted = other.fingerprint()
        other.put_in_place_of(certificate)
        for port in (router.api_port, router.metrics_port):
            wait_until(lambda: tls.served_fingerprint(HOST, port) == wanted, router.log, 30)
        # Who was connected stays.
        before.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert before.recv(4096).startswith(b"HTTP/1.1 200 ")
    router.stop()


def test_a_pair_that_does_not_fit_leaves_the_old_one(new_router, certificate, tmp_path):
    router = new_router(encrypted(certificate, "metrics")).start()
    wanted = certificate.fingerprint()
    other = tls.make_certificate(tmp_path / "other")
    size = len(router.log())
    certificate.crt.write_bytes(other.crt.read_bytes())
    wait_until(lambda: len(router.log()) > size, "a line in the log")
    assert tls.served_fingerprint(HOST, router.metrics_port) == wanted
    router.stop()


@pytest.mark.parametrize("name", SERVERS)
def test_files_that_are_not_there(new_router, certificate, name):
    certificate.key.unlink()
    router = new_router(encrypted(certificate, name)).launch()
    assert router.process.wait() == 1
    assert "no such file or directory" in router.log()


# As a client

class Authority:
    """An authentication server over TLS, which lets everybody in."""

    def __init__(self, certificate):
        import ssl
        self.asked = asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass
        self.http = ThreadingHTTPServer((HOST, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.crt, certificate.key)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://{HOST}:{self.http.server_address[1]}/"


@pytest.mark.parametrize("which, status", [("right", 200), ("upper", 200), ("wrong", 401), ("none", 401)])
def test_an_authentication_server_over_tls(new_router, certificate, which, status):
    authority = Authority(certificate)
    right = certificate.fingerprint()
    fingerprint = {"right": right, "upper": right.upper(), "wrong": "0" * 64, "none": ""}[which]
    router = new_router(variation(authMethod="http", authHTTPAddress=authority.url, authHTTPFingerprint=fingerprint, paths={"all_others": {}})).start()
    authority.asked.clear()
    assert http.get(router.api("/v3/paths/list"), timeout=20).status == status
    assert bool(authority.asked) == (status == 200)
    router.stop()
    authority.http.shutdown()


@pytest.mark.parametrize("which, status", [("right", 200), ("wrong", 401), ("none", 401)])
def test_keys_over_tls(new_router, certificate, which, status):
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.crt, certificate.key)
    key = Key("ES256")
    identity = IdentityServer([key], tls=context)
    fingerprint = {"right": certificate.fingerprint(), "wrong": "0" * 64, "none": ""}[which]
    router = new_router(variation(authMethod="jwt", authJWTJWKS=identity.url, authJWTJWKSFingerprint=fingerprint, paths={"all_others": {}})).start()
    headers = {"Authorization": f"Bearer {key.sign([{'action': 'api'}])}"}
    assert http.get(router.api("/v3/paths/list"), headers=headers, timeout=20).status == status
    assert bool(identity.asked) == (status == 200)
    router.stop()
    identity.close()
