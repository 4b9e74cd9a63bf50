"""Certificates for tests, and sockets over TLS."""

import hashlib
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A self-signed one: it is its own CA file."""
    crt: Path
    key: Path

    def fingerprint(self):
        """As MediaMTX wants it: the SHA-256 in hexadecimal digits."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.crt.read_text())).hexdigest()

    def put_in_place_of(self, other):
        """Replaces the files of another pair, as certificate managers do: each in one step, one after the other."""
        for mine, others in ((self.crt, other.crt), (self.key, other.key)):
            aside = others.with_suffix(".new")
            aside.write_bytes(mine.read_bytes())
            aside.replace(others)


P_256 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA_2048 = ("rsa:2048",)


def make_certificate(folder, name="localhost", addresses=("127.0.0.1",), stem=None, key=P_256):
    """For a host name and addresses. The files are <stem>.crt and <stem>.key."""
    folder.mkdir(exist_ok=True)
    made = Certificate(folder / f"{stem or name}.crt", folder / f"{stem or name}.key")
    names = ",".join([f"DNS:{name}", *(f"IP:{address}" for address in addresses)])
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName={names}", "-keyout", str(made.key), "-out", str(made.crt)],
                   check=True, capture_output=True)
    return made


def trusting(certificate=None):
    """What a client needs to trust this certificate. None: it trusts everybody."""
    context = ssl.create_default_context(cafile=str(certificate.crt) if certificate else None)
    if certificate is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def connect(host, port, timeout, context=None):
    """A TCP connection with TCP_NODELAY, as clients have it; with a context, over TLS."""
    plain = socket.create_connection((host, port), timeout)
    # Without it each command takes 40 ms.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname=host) if context else plain


def served_fingerprint(host, port):
    """Of the certificate with which a server begins a new connection."""
    with connect(host, port, 20, trusting()) as client:
        return hashlib.sha256(client.getpeercert(binary_form=True)).hexdigest()
