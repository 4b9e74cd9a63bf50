"""authMethod jwt of the embedded router: one request for the keys, however many need them, and sets of keys that try to harm."""

import concurrent.futures
import json

import pytest
from support import http
from support.bare_router import ONLY_EMBEDDED, BareRouter, configuration
from support.identity import IdentityServer, Key
from support.making import started

pytestmark = ONLY_EMBEDDED
API = [{"action": "api"}]


@pytest.fixture
def identity():
    server = IdentityServer([Key("ES256")])
    yield server
    server.close()


def start(folder, identity):
    return started(BareRouter(folder, configuration(authMethod="jwt", authJWTJWKS=identity.url, readTimeout="5s")))


def ask(router, token):
    return http.get(router.api("/v3/paths/list"), headers={"Authorization": f"Bearer {token}"}, timeout=30).status


def test_many_who_need_the_keys_at_once_share_one_request(tmp_path, identity):
    identity.delay = 0.5
    token = identity.keys[0].sign(API)
    with start(tmp_path, identity) as router, concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert set(pool.map(lambda _: ask(router, token), range(50))) == {200}
        assert identity.asked == 1
        # One without a token does not need them.
        assert http.get(router.api("/v3/paths/list")).status == 401


def test_a_slow_identity_server_delays_only_those_who_need_it(tmp_path, identity):
    identity.delay = 20
    with start(tmp_path, identity) as router:
        assert ask(router, identity.keys[0].sign(API)) == 401, "after readTimeout"
        router.wait_log_line("the keys cannot be fetched")


def test_unusable_keys_do_not_harm_the_others(tmp_path, identity):
    good = identity.keys[0]
    bad = [{"kty": "oct", "kid": "o", "k": "AAAA"}, {"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB"}, {"kty": "new", "kid": "n"},
           {"kty": "EC", "kid": "p", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": "EC", "kid": "off", "crv": "P-256", "x": good.jwk["x"], "y": good.jwk["x"]},
           {**good.jwk, "kid": "enc", "use": "enc"}, {**good.jwk, "kid": "alg", "alg": "RS256"}, {"kty": 7}, {}]
    identity.answer = lambda: (200, json.dumps({"keys": [*bad, good.jwk]}).encode())
    with start(tmp_path, identity) as router:
        assert ask(router, good.sign(API)) == 200
        for kid in ("o", "r", "n", "p", "off", "enc", "alg", "", "x" * 4000):
            assert ask(router, good.sign(API, headers={"kid": kid})) == 401, kid


def test_too_many_keys_are_none(tmp_path, identity):
    good = identity.keys[0]
    identity.answer = lambda: (200, json.dumps({"keys": [{**good.jwk, "kid": str(n)} for n in range(101)] + [good.jwk]}).encode())
    with start(tmp_path, identity) as router:
        assert ask(router, good.sign(API)) == 401
        router.wait_log_line("more than 100 keys")
