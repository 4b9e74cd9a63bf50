"""An identity server for `authMethod: jwt`: keys of every kind, the set of their public halves over HTTP, and signed tokens."""

import base64
import http.server
import json
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CURVES = {"ES256": (ec.SECP256R1, "P-256", 32), "ES384": (ec.SECP384R1, "P-384", 48), "ES512": (ec.SECP521R1, "P-521", 66)}
RSA = [f"{kind}{bits}" for kind in ("RS", "PS") for bits in (256, 384, 512)]
ALGORITHMS = [*RSA, *CURVES, "EdDSA"]


def url64(data):
    if isinstance(data, int):
        data = data.to_bytes((data.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A key for one algorithm. `jwk`: what a set says of it."""

    def __init__(self, algorithm, kid=None, bits=2048):
        self.algorithm, self.kid = algorithm, kid or algorithm
        if algorithm in RSA:
            self.secret = rsa.generate_private_key(65537, bits)
            numbers = self.secret.public_key().public_numbers()
            jwk = {"kty": "RSA", "n": url64(numbers.n), "e": url64(numbers.e)}
        elif algorithm in CURVES:
            curve, name, size = CURVES[algorithm]
            self.secret = ec.generate_private_key(curve())
            numbers = self.secret.public_key().public_numbers()
            jwk = {"kty": "EC", "crv": name, "x": url64(numbers.x.to_bytes(size, "big")), "y": url64(numbers.y.to_bytes(size, "big"))}
        else:
            from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
            self.secret = ed25519.Ed25519PrivateKey.generate()
            jwk = {"kty": "OKP", "crv": "Ed25519", "x": url64(self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))}
        self.jwk = {"kid": self.kid, "use": "sig", **jwk}

    def sign(self, permissions, claim="mediamtx_permissions", headers=None, **claims):
        """A token that is good for an hour. permissions: the list, or what stands in its place; None: the claim is missing."""
        said = {"sub": "ann", "exp": time.time() + 3600, **({} if permissions is None else {claim: permissions}), **claims}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, self.secret, self.algorithm, headers={"kid": self.kid, **(headers or {})})


class IdentityServer:
    """Serves the set of keys. `asked` counts the requests; `answer` may be replaced: (status, body)."""

    def __init__(self, keys, tls=None):
        self.keys, self.asked, self.delay = list(keys), 0, 0
        self.answer = lambda: (200, json.dumps({"keys": [key.jwk for key in self.keys]}).encode())
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.asked += 1
                time.sleep(owner.delay)
                status, body = owner.answer()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.scheme = "http"
        if tls:
            self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
            self.scheme = "https"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.http.server_address[1]}/keys"

    def close(self):
        self.http.shutdown()
        self.http.server_close()
