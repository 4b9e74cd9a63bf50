"""A secured installation delivers a stream: it goes out over RTMPS to two destinations of which one fails again and again, and its output
survives a source that comes and goes. The same for native programs, containers and the package."""

from .wait import wait_until

SECONDS = 120
STREAM = "delivered"
ABSENCES = 2
HELD_PICTURES = 4    # two a second, so the source is away for two seconds at least
GAP_SECONDS = 8.0    # between two pictures at the good destination, on a busy machine


class Delivery:
    """ask(path, method, body) returns the JSON of media-service's answer; None: an error. publish(stream) and read(stream) start a client,
    and return its process. report() returns what an operator would look at."""

    def __init__(self, targets, host, ask, publish, read, report):
        self.targets, self.host, self.ask = targets, host, ask
        self.publish, self.read, self.report = publish, read, report

    def shown(self):
        return self.ask(f"/v1/streams/{STREAM}") or {}

    def destinations(self):
        found = self.ask(f"/v1/streams/{STREAM}/destinations") or {"items": []}
        return {item["name"]: item for item in found["items"]}

    def wait(self, condition, what):
        return wait_until(condition, lambda: f"{what}: {self.shown()}\n{self.destinations()}\n{self.targets.now()}\n{self.report()}", SECONDS)

    def wait_state(self, *states):
        return self.wait(lambda: (shown := self.shown()).get("state") in states and shown, f"state {states}")

    def add_destinations(self):
        for name, target in self.targets.now().items():
            url = f"rtmps://{self.host}:{target['port']}/app/{name}-key-1234"
            assert self.ask(f"/v1/streams/{STREAM}/destinations", "POST", {"name": name, "url": url})

    def assert_delivers(self):
        publisher = self.publish(STREAM)
        self.wait(lambda: self.shown().get("output", {}).get("readable"), "a readable output")
        self.add_destinations()
        reader = self.read(STREAM)
        try:
            self.wait(lambda: self.targets.now()["good"]["pictures"] and self.targets.now()["bad"]["failed"], "both have been used")
            worker = self.wait_state("running")["runId"]
            for _ in range(ABSENCES):
                publisher.kill()
                self.wait_state("holding")
                before = self.targets.now()["good"]["pictures"]
                self.wait(lambda before=before: self.targets.now()["good"]["pictures"] >= before + HELD_PICTURES, "held pictures")
                publisher = self.publish(STREAM)
                self.wait_state("running")
            self.wait(lambda: len((bad := self.targets.now()["bad"])["failed"]) == bad["toFail"], "it has failed in each way")
            self.wait(lambda: {item["state"] for item in self.destinations().values()} == {"forwarding"}, "both are forwarding")
            end = self.targets.now()
            assert self.shown()["runId"] == worker and reader.running(), f"the same output: {self.shown()}\n{reader.log()}"
            assert end["good"]["publishes"] == 1 and end["good"]["longestGap"] < GAP_SECONDS, end
            before = end["bad"]["pictures"]
            self.wait(lambda: self.targets.now()["bad"]["pictures"] > before, "the bad one takes pictures again")
        finally:
            publisher.kill()
            reader.kill()
