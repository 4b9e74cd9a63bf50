"""SECURE=1: TLS on each port, passwords for publishers and viewers, signed hooks, and a token for media-service (docs/security.md).

Certificates and secrets are made once in the run directory. Programs find the authority in SSL_CERT_FILE: OpenSSL, Python and MediaMTX
read this variable themselves."""

import os
import subprocess

from .settings import EVERYWHERE, ROOT, Settings

MAKE = ROOT / "tools" / "make-secure.sh"
CONTAINERS = ("mediamtx", "media-service")  # their names on Compose's network
# The router's servers, as the keys of its configuration name them, and the word that turns TLS on.
ENCRYPTION = {"RTMP": "strict", "RTSP": "strict", "HLS": "yes", "API": "yes", "METRICS": "yes", "PLAYBACK": "yes"}


def folder(settings: Settings):
    return settings.run_path / "secure"


def authority(settings: Settings):
    """The certificate that clients have to trust."""
    return folder(settings) / "tls" / "ca.pem"


def make(settings: Settings):
    """Makes what is missing, and lets this process and its children trust the authority."""
    if not settings.is_secure:
        return
    addresses = {bind.strip("[]") for bind in (settings.bind, settings.admin) if bind not in EVERYWHERE}
    subprocess.run([str(MAKE), str(folder(settings)), *sorted(addresses), *CONTAINERS], check=True)
    os.environ["SSL_CERT_FILE"] = str(authority(settings))


def _read(settings, name):
    if not settings.is_secure:
        return {}
    return dict(line.split("=", 1) for line in (folder(settings) / name).read_text().splitlines())


def for_clients(settings: Settings):
    """The passwords and the token of people and their programs; {} without SECURE=1."""
    return _read(settings, "clients.env")


def for_router(settings: Settings):
    """The router's variables."""
    if not settings.is_secure:
        return {}
    return {**tls_of_router(folder(settings) / "tls"), **_read(settings, "router.env")}


def tls_of_router(tls):
    """The router's variables that turn TLS on. tls: the folder of the certificates. docker-compose.secure.yml has the same."""
    environment = {"ORCHESTRATOR_CA_FILE": f"{tls}/ca.pem",  # for mtx-hook
                   "MTX_RTSPTRANSPORTS": "tcp"}  # over UDP, TLS does not help, and MediaMTX would need further ports
    for server, word in ENCRYPTION.items():
        environment |= {f"MTX_{server}ENCRYPTION": word, f"MTX_{server}SERVERKEY": f"{tls}/server.key",
                        f"MTX_{server}SERVERCERT": f"{tls}/server.pem"}
    return environment


def for_service(settings: Settings):
    """media-service's variables."""
    if not settings.is_secure:
        return {}
    made = folder(settings)
    return {"TLS_CERT": f"{made}/tls/server.pem", "TLS_KEY": f"{made}/tls/server.key", "TOKENS_FILE": f"{made}/tokens",
            **_read(settings, "service.env")}


def for_compose(settings: Settings):
    """The variables of docker-compose.secure.yml. The containers' user has to read key and tokens; the folder above keeps others out."""
    if not settings.is_secure:
        return {}
    made = folder(settings)
    (made / "tls").chmod(0o755)
    for file in (made / "tls" / "server.key", made / "tokens"):
        file.chmod(0o644)
    return {"SECURE_S": "s", "SECURE_TLS": str(made / "tls"), "TOKENS_FILE": str(made / "tokens")}
