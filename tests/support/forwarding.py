"""A stack whose outputs are pushed to destinations on this machine."""

import contextlib
import json
import os
from pathlib import Path

from . import http
from .fleet import Fleet
from .stack import Stack
from .wait import wait_until

SECONDS = 60


class ForwardingStack(Stack):
    """rules: {stream or pattern: {name: URL}}, written into the egress file."""

    def __init__(self, work_dir, rules=None, **overrides):
        self.egress_file = Path(work_dir) / "egress.yml"
        self.write_rules(rules or {})
        flags = {"--egress-file": str(self.egress_file), "--allow-destination": "127.0.0.0/8", "--grace-period": "5s",
                 **overrides.pop("service_flags", {})}
        super().__init__(work_dir, service_flags=flags, worker_mode="process", **overrides)
        self.fleet = Fleet(self)

    def write_rules(self, rules):
        document = {"version": 1, "rules": [
            {"streamId": stream, "destinations": [{"name": name, **(where if isinstance(where, dict) else {"url": where})}
                                                  for name, where in destinations.items()]}
            for stream, destinations in rules.items()]}
        self.write_text(json.dumps(document, indent=1))

    def write_text(self, text):
        aside = self.egress_file.with_suffix(".new")
        aside.write_text(text)
        aside.replace(self.egress_file)

    def kill(self):
        super().kill()
        for found in (*self.fleet.workers().values(), *self.fleet.forwarders().values()):
            for pid in found:
                with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                    os.kill(pid, 9)

    # What media-service says and does

    def destinations(self, stream):
        """{name: destination}"""
        reply = http.get(self.service_url(f"/v1/streams/{stream}/destinations"))
        assert reply.status == 200, reply.body
        body = reply.json()
        assert body["itemCount"] == len(body["items"])
        return {item["name"]: item for item in body["items"]}

    def state(self, stream, name):
        return self.destinations(stream).get(name, {}).get("state")

    def wait_state(self, stream, name, *states, seconds=SECONDS):
        wait_until(lambda: self.state(stream, name) in states,
                   lambda: f"{stream} → {name} in {states}: {self.destinations(stream)}\n{self.service.log()[-3000:]}", seconds)
        return self.destinations(stream)[name]

    def ask(self, method, stream, rest="", body=None):
        return http.request(method, self.service_url(f"/v1/streams/{stream}/destinations{rest}"),
                            b"" if body is None and method == "POST" else body)

    def add(self, stream, name, url):
        return self.ask("POST", stream, body={"name": name, "url": url})

    def pid(self, stream, name):
        """The process id of its forwarder, which must be the only one."""
        found = self.fleet.forwarders().get(f"{stream}.{name}", [])
        assert len(found) <= 1, found
        return found[0] if found else None
