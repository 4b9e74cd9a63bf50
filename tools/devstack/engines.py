"""Chooses between native processes and containers: by ENGINE, or by what is running in this run directory."""

from . import commands, containers
from .settings import UserError
from .state import RunDir

ENGINES = {"native": commands, "docker": containers}


def choose(settings, environ):
    return ENGINES[name_of(settings, environ)]


def name_of(settings, environ):
    asked = environ.get("ENGINE", "")
    if asked and asked not in ENGINES:
        raise UserError(f"ENGINE={asked}: expected {' or '.join(ENGINES)}")
    running = "docker" if RunDir(settings.run_path).containers()[0] else "native"
    if asked == "native" and running == "docker":
        raise UserError("containers run in this run directory: `make down` first, or choose another RUN_DIR")
    return asked or running
