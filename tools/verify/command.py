"""make verify: measures the criteria and prints the table. The exit code is 0 if all criteria hold.

Environment: FORMAT=text|json, ONLY=SC-004,hook (measures only these criteria), and the variables of `make dev`.
"""

import os
import random
import sys
from dataclasses import dataclass

from devstack import settings
from devstack.settings import UserError
from support.clips import Clips

from . import table, target
from .criteria import api, av_sync, delay, events, hook, output, streams
from .listener import Listener
from .row import Row, judge, not_measured
from .rtsp import RtspError

STARTUP = "SC-001"


@dataclass
class Context:
    """What all criteria need."""

    target: target.Target
    clips: Clips
    prefix: str          # begins every stream id of this run, so that two runs do not use the same streams
    listener: Listener

    def clip(self, name):
        return self.clips.get(name)

    def path(self, name, side="in"):
        return f"live/{self.prefix}-{name}/{side}"


def main():
    try:
        form, only = _form(), _only()
        rows, about = run(only)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(table.as_json(rows, about) if form == "json" else table.as_text(rows, about))
    return 0 if all(row.passed for row in rows) else 1


def _form():
    form = os.environ.get("FORMAT", "text")
    if form not in ("text", "json"):
        raise UserError(f"FORMAT={form}: expected text or json")
    return form


GROUPS = {("SC-002", "SC-003"): events, ("SC-004",): delay, ("SC-005",): output, ("SC-006", "SC-007"): api,
          ("hook",): hook, ("A/V",): av_sync}


def _only():
    known = {STARTUP, "SC-011", *(name for names in GROUPS for name in names)}
    only = {name for name in os.environ.get("ONLY", "").split(",") if name}
    if unknown := only - known:
        raise UserError(f"ONLY={','.join(sorted(unknown))}: expected some of {', '.join(sorted(known))}")
    return only or known


def run(only):
    given = target.Target(dict(os.environ))
    running = given.is_running()
    own = target.on_free_ports()
    rows, measured = [], given if running else own
    try:
        if STARTUP in only or not running:
            _note("starting a stack on free ports")
            seconds = own.start()
            row = Row(STARTUP, "healthy after make dev", "s", 30, 1, round(seconds, 3))
            rows += [judge(row, own.place)] if STARTUP in only else []
            if running:
                own.stop()
        rows += _measure(measured, only)
    finally:
        own.stop()
    rows.sort(key=lambda row: row.id.lower())
    kind = "the running stack" if running else "a stack of its own"
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return rows, f"router: {measured.environ['_router']}, {kind}; load average {load}"


def _measure(measured, only):
    assert measured.is_running(), "the stack has stopped"
    measured.environ["_router"] = measured.router
    context = Context(measured, Clips(settings.ROOT / measured.settings.build_dir / "test-media"),
                      f"verify-{random.randrange(16 ** 6):06x}", Listener(measured))
    rows = []
    try:
        for names, group in GROUPS.items():
            if only.intersection(names):
                rows += _rows_of(names, lambda measure=group.measure: measure(context))
        if "SC-011" in only:
            rows += _rows_of(("SC-011",), lambda: streams.measure(context, rows))
    finally:
        context.listener.close()
    return rows


def _rows_of(names, measure):
    """A criterion that cannot be measured has failed, with the reason. The others are measured nevertheless."""
    _note(f"measuring {', '.join(names)}")
    try:
        return measure()
    except (AssertionError, OSError, EOFError, RtspError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        return [not_measured(Row(name, "could not be measured", "", None, 0), why) for name in names]


def _note(text):
    print(f"# {text}", file=sys.stderr, flush=True)
