"""The passwords of a run directory. They are made once, nobody else can read them, and programs get them as environment
variables only."""

import base64
import os
import re
import subprocess
from urllib.parse import urlencode

from . import secure
from .settings import ROOT, Settings

MAKE = ROOT / "tools" / "make-credentials.sh"
MAKE_CONTAINER_FILES = ROOT / "tools" / "make-container-files.sh"
USER = re.compile(r"^\s*(?:-\s*)?user:\s*[\"']?([\w.-]+)", re.M)  # the users of authInternalUsers, in their order
ROUTER_NUMBERS = "MTX_AUTHINTERNALUSERS_"
NOT_THE_SERVICE_S = (ROUTER_NUMBERS, "PUBLISHER_", "VIEWER_", "SERVICE_TOKEN")  # secrets that media-service does not need


def path(settings: Settings):
    return settings.run_path / "credentials.env"


def of(settings: Settings):
    """All variables of the file, and with SECURE=1 those of the other one. What is missing is made."""
    file = path(settings)
    subprocess.run([str(MAKE), str(file)], check=True)
    lines = [line for line in file.read_text().splitlines() if "=" in line and not line.lstrip().startswith("#")]
    return {**dict(line.split("=", 1) for line in lines), **secure.for_clients(settings)}


def for_containers(settings: Settings):
    """The folder of the files that Compose gives to the containers, one for each. They are written anew."""
    made = [str(secure.folder(settings))] if settings.is_secure else []
    subprocess.run([str(MAKE_CONTAINER_FILES), str(settings.run_path), *made], check=True)
    return settings.run_path / "containers"


def api_header(settings: Settings):
    """The header with which one logs in to the router's Control API, metrics and playback."""
    made = of(settings)
    pair = f"{made['ROUTER_API_USER']}:{made['ROUTER_API_PASSWORD']}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def service_header(settings: Settings):
    """The header for media-service's API; {} if there is no SERVICE_TOKEN in the environment or in the file, so that none is needed."""
    token = os.environ.get("SERVICE_TOKEN") or of(settings).get("SERVICE_TOKEN", "")
    return {"Authorization": f"Bearer {token}"} if token else {}


def worker_query(settings: Settings):
    """The query with which one publishes over RTMP as a worker."""
    made = of(settings)
    return urlencode({"user": made["WORKER_USER"], "pass": made["WORKER_PASSWORD"]})


def publisher_query(settings: Settings):
    """The query with which one publishes `in` over RTMP; empty if no password is needed."""
    made = of(settings)
    return urlencode({"user": made["PUBLISHER_USER"], "pass": made["PUBLISHER_PASSWORD"]}) if settings.is_secure else ""


def for_router(settings: Settings):
    """The passwords for the router, by the positions of the users in its configuration. A configuration that is not ours may
    have none of these users."""
    made = of(settings)
    passwords = {made["ROUTER_API_USER"]: made["ROUTER_API_PASSWORD"], made["WORKER_USER"]: made["WORKER_PASSWORD"]}
    environment = {f"{ROUTER_NUMBERS}{number}_PASS": passwords[user]
                   for number, user in enumerate(users(settings)) if user in passwords}
    environment |= secure.for_router(settings)
    if not settings.is_secure and _is_ours(settings) and settings.router != "embedded":
        # MediaMTX obeys any web page (docs/routers.md). So with MediaMTX, the Control API always needs the password.
        environment[f"{ROUTER_NUMBERS}{len(users(settings)) - 1}_PERMISSIONS_0_ACTION"] = "metrics"
    return environment


def _is_ours(settings: Settings):
    return (ROOT / settings.router_config).samefile(ROOT / Settings.router_config)


def users(settings: Settings):
    return USER.findall((ROOT / settings.router_config).read_text())


def for_service(settings: Settings):
    own = {name: value for name, value in of(settings).items() if not name.startswith(NOT_THE_SERVICE_S)}
    return {**own, **secure.for_service(settings)}
