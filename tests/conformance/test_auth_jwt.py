"""authMethod jwt: signed tokens, where they may stand, and what each of their claims means."""

import base64
import json
import time

import jwt
import pytest
from support import http
from support.differences import differs
from support.identity import ALGORITHMS, IdentityServer, Key, url64
from support.router import variation

PUBLISH = [{"action": "publish", "path": "~^jwt-"}]
ALL = [{"action": action} for action in ("publish", "read", "playback", "api", "metrics")]


@pytest.fixture(scope="module")
def keys():
    return {algorithm: Key(algorithm) for algorithm in ALGORITHMS}


@pytest.fixture(scope="module")
def identity(keys):
    server = IdentityServer(keys.values())
    yield server
    server.close()


def config(identity, free="metrics", **more):
    return variation(authMethod="jwt", authJWTJWKS=identity.url, paths={"all_others": {}}, pathDefaults=None,
                     authJWTExclude=[{"action": free}], **more)


@pytest.fixture(scope="module")
def closed(make_router, identity):
    router = make_router(config(identity, playback=True)).start()
    yield router
    router.stop()


def api(router, token=None, **options):
    """The status of a question to the Control API."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return http.get(router.api("/v3/paths/list"), headers=headers, timeout=20, **options).status


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm(closed, keys, algorithm):
    assert api(closed, keys[algorithm].sign(ALL)) == 200


def test_without_a_token_and_what_is_excluded(closed):
    assert api(closed) == 401
    assert http.get(closed.metrics()).status == 200


def test_the_token_may_be_the_password(closed, keys):
    pair = base64.b64encode(b"anybody:" + keys["ES256"].sign(ALL).encode()).decode()
    assert http.get(closed.api("/v3/paths/list"), headers={"Authorization": f"Basic {pair}"}).status == 200


@pytest.fixture(scope="module")
def media(make_router, identity):
    """With an open Control API."""
    router = make_router(config(identity, free="api")).start()
    yield router
    router.stop()


def test_rtmp_and_rtsp_take_it_from_the_query(media, keys, live, rtsp_client, rtmp_client, stream):
    path = f"jwt-{stream}"
    live(media, path, query=f"token={keys['ES256'].sign(PUBLISH)}")
    reader = keys["EdDSA"].sign([{"action": "read", "path": path}])
    for name in ("token", "jwt"):
        assert rtsp_client(media).ask("DESCRIBE", media.rtsp(f"{path}?{name}={reader}")).status == 200
    assert rtsp_client(media).ask("DESCRIBE", media.rtsp(path)).status == 401
    other = rtmp_client(media)
    other.start(media.rtmp(""), "play", f"{path}?jwt={keys['ES256'].sign(PUBLISH)}")
    assert other.status()[0] == "NetConnection.Connect.Success"
    assert other.status() == ("NetStream.Play.Failed", "authentication failed")
    media.wait_message("WAR", r".*failed to authenticate: user doesn't have permission to perform action")


def test_http_takes_it_from_the_query_only_if_told(closed, new_router, identity, keys):
    token = keys["RS256"].sign(ALL)
    assert http.get(closed.api(f"/v3/paths/list?token={token}")).status == 401
    told = new_router(config(identity, authJWTInHTTPQuery=True)).start()
    assert http.get(told.api(f"/v3/paths/list?token={token}")).status == 200
    told.stop()


@pytest.mark.parametrize("claims, status", [
    ({"exp": None}, 200), ({"exp": 1}, 401), ({"nbf": time.time() - 5}, 200), ({"nbf": time.time() + 3600}, 401),
    ({"exp": "soon"}, 401), ({"sub": None}, 200)])
def test_times(closed, keys, claims, status):
    assert api(closed, keys["ES256"].sign(ALL, **claims)) == status


@pytest.mark.parametrize("permissions, status", [
    (json.dumps(ALL), 200), ([{"action": "api", "path": ""}], 200), ([], 401), (None, 401), ([{"action": "publish"}], 401),
    ([{"action": "everything"}], 401), ([{"action": "api", "more": 1}], 401), ("x", 401), (7, 401), ({"action": "api"}, 401)])
def test_the_claim_with_the_permissions(closed, keys, permissions, status):
    assert api(closed, keys["ES256"].sign(permissions)) == status


def test_another_claim_issuer_and_audience(new_router, identity, keys):
    router = new_router(config(identity, authJWTClaimKey="rights", authJWTIssuer="me", authJWTAudience="tv")).start()
    key = keys["ES256"]
    for claims, status in (({"iss": "me", "aud": "tv"}, 200), ({"iss": "me", "aud": ["radio", "tv"]}, 200), ({"iss": "me"}, 401),
                           ({"iss": "you", "aud": "tv"}, 401), ({"aud": "tv"}, 401), ({"iss": "me", "aud": ["radio"]}, 401)):
        assert api(router, key.sign(ALL, claim="rights", **claims)) == status, claims
    assert api(router, key.sign(ALL, iss="me", aud="tv")) == 401
    router.stop()


def forged(keys):
    """Tokens that nobody must accept."""
    rsa, curve = keys["RS256"], keys["ES256"]
    claims = {"sub": "x", "mediamtx_permissions": ALL, "exp": time.time() + 3600}
    body = url64(json.dumps(claims).encode())
    good = curve.sign(ALL)
    head, middle, signature = good.split(".")

    def with_header(**header):
        return f"{url64(json.dumps(header).encode())}.{body}."
    # The oldest trick: the public key as the secret of an HMAC.
    import hashlib
    import hmac as mac
    hmac_text = f"{url64(json.dumps({'alg': 'HS256', 'kid': rsa.kid}).encode())}.{body}"
    for secret in (rsa.jwk["n"].encode(), base64.urlsafe_b64decode(rsa.jwk["n"] + "==")):
        yield "hmac", f"{hmac_text}.{url64(mac.new(secret, hmac_text.encode(), hashlib.sha256).digest())}"
    for name in ("none", "None", "NONE", "", "HS256"):
        yield f"alg {name}", with_header(alg=name, kid=rsa.kid)
    yield "no alg", with_header(kid=rsa.kid)
    yield "claims changed", f"{head}.{body}.{signature}"
    yield "no signature", f"{head}.{middle}."
    yield "short signature", f"{head}.{middle}.{signature[:-4]}"
    yield "two segments", f"{head}.{middle}"
    yield "four segments", f"{good}.x"
    yield "no base 64", f"{head}.{middle}.{'!' * 86}"
    yield "zeros", f"{head}.{middle}.{url64(bytes(64))}"
    yield "another key of the same kind", Key("ES256", "ES256").sign(ALL)
    yield "a kid that nobody has", curve.sign(ALL, headers={"kid": "x"})
    yield "a kid of another kind", curve.sign(ALL, headers={"kid": "RS256"})
    yield "a key of its own", jwt.encode(claims, curve.secret, "ES256", headers={"kid": "mine", "jwk": curve.jwk})
    yield "empty", "."
    yield "large", f"{head}.{middle}.{'A' * 6000}"


def test_forgeries_are_refused(closed, keys):
    for what, token in forged(keys):
        assert api(closed, token) == 401, what
    assert api(closed, keys["ES256"].sign(ALL)) == 200


def test_what_a_header_says_is_critical(closed, keys):
    token = keys["ES256"].sign(ALL, headers={"crit": ["exp"], "exp": 1})
    assert api(closed, token) == differs(closed, "`authMethod: jwt`: `crit`", 200, 401)


def test_keys_are_kept_and_fetched_anew_on_command(new_router, live, stream):
    first, second = Key("ES256", "first"), Key("ES256", "second")
    identity = IdentityServer([first])
    router = new_router(config(identity)).start()
    # The start asks the API without a token.
    assert identity.asked == differs(router, "`authMethod: jwt`: a request without a token", 1, 0)
    assert [api(router, first.sign(ALL)) for _ in range(3)] == [200] * 3
    identity.keys = [second]
    assert api(router, second.sign(ALL)) == 401 and api(router, first.sign(ALL)) == 200
    assert identity.asked == 1
    refreshed = http.request("POST", router.api("/v3/auth/jwks/refresh"), b"", {"Authorization": f"Bearer {first.sign(ALL)}"})
    assert refreshed.status == 200
    assert api(router, second.sign(ALL)) == 200 and api(router, first.sign(ALL)) == 401
    assert identity.asked == 2
    router.stop()
    identity.close()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"keys":7}', b'{"keys":[]}', b"x" * 200_000,
                                  b'{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}'],
                         ids=["empty", "no-json", "a-list", "a-number", "no-key", "large", "a-small-key"])
def test_a_server_without_keys_lets_nobody_in(new_router, keys, body):
    identity = IdentityServer([])
    identity.answer = lambda: (200, body)
    router = new_router(config(identity)).start()
    assert api(router, keys["ES256"].sign(ALL)) == 401
    identity.answer = lambda: (200, json.dumps({"keys": [keys["ES256"].jwk]}).encode())
    if body != b'{"keys":[]}' and not body.startswith(b'{"keys":[{'):  # MediaMTX has taken these for an hour
        assert api(router, keys["ES256"].sign(ALL)) == 200
    router.stop()
    identity.close()
