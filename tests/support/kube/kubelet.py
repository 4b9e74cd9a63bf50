"""Plays the scheduler and the kubelet for the Pods of a namespace: it binds them to a node, writes their status and confirms their
deletion. What happens to a Pod is a Play, which a test chooses by the beginning of the Pod's name.

By default nothing runs: a Pod is an object with a status. With a runner (runner.py) its container is a process of this machine.
"""

import dataclasses
import threading
import time
from datetime import datetime, timezone

import requests

from ..wait import wait_until
from .client import STRATEGIC, ApiError

RETRY_SECONDS = 0.2
OWN_NODE = "test-node"


@dataclasses.dataclass(frozen=True)
class Play:
    unschedulable: str = ""     # the scheduler's message; the Pod stays Pending
    waiting: str = ""           # why the container does not start, such as ImagePullBackOff; the Pod stays Pending
    exits: tuple = ()           # (exit code, reason): the container ends before anybody has seen it running
    ready: bool = True          # whether the readiness probe succeeds
    code_on_delete: int = 0     # with this code the container ends when its Pod is deleted
    grace_used: float = 0       # seconds from the deletion until the container has ended
    confirms: bool = True       # False: as a node that is gone; a deleted Pod stays until the test forces it


class Kubelet:
    """Runs on a thread of its own from start() to kill(). Survives an API server that is away."""

    def __init__(self, client, node=OWN_NODE, selector="", runner=None):
        self.client, self.node, self.selector, self.runner = client, node, selector, runner
        self.default, self.plays = Play(), {}
        self.seen = []          # (name, uid) of each Pod, in the order in which they were created
        self.errors = []        # what the API server refused; a test may look at them
        self._ended, self._known = threading.Event(), {}
        self._handled = set()   # (uid, step): each is done once
        self._timers = []
        self._thread = threading.Thread(target=self._run, name="kubelet", daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self.kill()

    def kill(self):
        self._ended.set()
        for timer in self._timers:
            timer.cancel()
        if self.runner:
            self.runner.kill()

    # What tests do

    def play(self, prefix, **changes):
        """From now on Pods whose names begin like this are played so."""
        self.plays[prefix] = dataclasses.replace(self.default, **changes)

    def pod(self, name):
        """The Pod as it was seen last. None if there is none."""
        return self._known.get(name)

    def wait_pod(self, name, condition=lambda pod: True, what="there", seconds=60):
        return wait_until(lambda: (pod := self.pod(name)) and condition(pod) and pod,
                          lambda: f"Pod {name} {what}: {(self.pod(name) or {}).get('status')}", seconds)

    def wait_running(self, name, seconds=60):
        return self.wait_pod(name, lambda pod: pod.get("status", {}).get("phase") == "Running", "running", seconds)

    def wait_gone(self, name, seconds=60):
        wait_until(lambda: not self.pod(name), lambda: f"Pod {name} gone: {self.pod(name)}", seconds)

    def set_ready(self, name, ready):
        self._patch_status(self.pod(name), running_status(self.pod(name), ready))

    def finish(self, name, code, reason=None, message=None):
        """The container ends by itself."""
        self._patch_status(self.pod(name), ended_status(self.pod(name), code, reason, message))

    def evict(self, name, message="The node was low on resource: memory."):
        pod = self.pod(name)
        status = {**ended_status(pod, 137, "Error"), "reason": "Evicted", "message": message}
        self._patch_status(pod, status)

    def force_delete(self, name):
        """As `kubectl delete --force`: the object is gone, whatever the node does."""
        self.client.delete("pods", name, grace=0)

    # What a runner tells

    def tick(self, seconds):
        self._ended.wait(seconds)

    def show(self, pod, ready, address):
        """Returns whether the API server has taken it."""
        return self._try(pod, running_status(pod, ready, address))

    def ended(self, pod, code):
        while not self._try(pod, ended_status(pod, code)) and not self._ended.is_set() and self._is_there(pod):
            self.tick(RETRY_SECONDS)

    def _is_there(self, pod):
        known = self.pod(pod["metadata"]["name"])
        return known and known["metadata"]["uid"] == pod["metadata"]["uid"]

    def _try(self, pod, status):
        try:
            self._patch_status(pod, status)
            return True
        except (requests.RequestException, ApiError) as error:
            self._say(error)
            return False

    # The loop

    def _run(self):
        while not self._ended.is_set():
            try:
                listed = self.client.whole_list("pods", self.selector)
                self._take_list(listed["items"])
                self._follow(listed["metadata"]["resourceVersion"])
            except (requests.RequestException, ApiError) as error:
                self._say(error)
                self._ended.wait(RETRY_SECONDS)

    def _take_list(self, pods):
        for pod in pods:
            self._see(pod)
        for name in set(self._known) - {pod["metadata"]["name"] for pod in pods}:
            self._forget(name)

    def _follow(self, version):
        for kind, pod in self.client.watch("pods", version, self.selector):
            if self._ended.is_set() or kind == "ERROR":
                return
            if kind == "DELETED":
                self._forget(pod["metadata"]["name"])
            elif kind != "BOOKMARK":
                self._see(pod)

    def _forget(self, name):
        pod = self._known.pop(name, None)
        if pod and self.runner:
            self.runner.forget(pod["metadata"]["uid"])

    def _see(self, pod):
        meta = pod["metadata"]
        if (meta["name"], meta["uid"]) not in self.seen:
            self.seen.append((meta["name"], meta["uid"]))
        self._known[meta["name"]] = pod
        try:
            self._act(pod, self._play_of(meta["name"]))
        except ApiError as error:  # such as: the Pod is gone in the meantime
            self._say(error)

    def _act(self, pod, play):
        if pod["spec"].get("nodeName", self.node) != self.node:
            return  # another kubelet's
        ended = pod["status"].get("phase") in ("Succeeded", "Failed")
        if pod["metadata"].get("deletionTimestamp"):
            if play.confirms and self._once(pod, "delete"):
                self._later(play.grace_used, self._confirm, pod, play)
        elif ended:
            return
        elif play.unschedulable:
            if self._once(pod, "schedule"):
                self._patch_status(pod, {"phase": "Pending", "conditions": [condition("PodScheduled", False, "Unschedulable",
                                                                                     play.unschedulable)]})
        elif not pod["spec"].get("nodeName"):
            if self._once(pod, "bind"):
                target = {"apiVersion": "v1", "kind": "Node", "name": self.node}
                self.client.create("pods", {"metadata": {"name": pod["metadata"]["name"]}, "target": target},
                                   pod["metadata"]["name"], "binding")
        elif self._once(pod, "start"):
            self._begin(pod, play)

    def _begin(self, pod, play):
        if play.waiting:
            return self._patch_status(pod, waiting_status(pod, play.waiting))
        if play.exits:
            return self._patch_status(pod, ended_status(pod, *play.exits))
        if self.runner:
            return self.runner.begin(self, pod)
        return self._patch_status(pod, running_status(pod, play.ready))

    def _confirm(self, pod, play):
        """The container of a deleted Pod has ended; then the object may go."""
        name = pod["metadata"]["name"]
        code = self.runner.end(pod["metadata"]["uid"], pod["metadata"].get("deletionGracePeriodSeconds", 30)) if self.runner \
            else play.code_on_delete
        if pod["status"].get("phase") == "Running":
            self._patch_status(pod, ended_status(pod, code))
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
        self.client.call("DELETE", self.client.path("pods", name), options)

    # Helpers

    def _play_of(self, name):
        fits = [prefix for prefix in self.plays if name.startswith(prefix)]
        return self.plays[max(fits, key=len)] if fits else self.default

    def _once(self, pod, step):
        key = (pod["metadata"]["uid"], step)
        new = key not in self._handled
        self._handled.add(key)
        return new

    def _later(self, seconds, work, *arguments):
        def guarded():
            while not self._ended.is_set():
                try:
                    return work(*arguments)
                except ApiError as error:
                    return self._say(error)
                except requests.RequestException as error:  # the API server is away: a kubelet tries again
                    self._say(error)
                    time.sleep(RETRY_SECONDS)
        timer = threading.Timer(seconds, guarded)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _patch_status(self, pod, status):
        """Only of the Pod with this uid, as a kubelet does."""
        meta = pod["metadata"]
        self.client.patch("pods", meta["name"], {"metadata": {"uid": meta["uid"]}, "status": status}, "status", STRATEGIC)

    def _say(self, error):
        self.errors.append(str(error))


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind, true, reason=None, message=None):
    return {"type": kind, "status": "True" if true else "False", "lastTransitionTime": now(),
            **({"reason": reason} if reason else {}), **({"message": message} if message else {})}


def container_status(pod, state, ready):
    """Of its first container."""
    container = pod["spec"]["containers"][0]
    return [{"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0, "ready": ready,
             "started": "running" in state, "state": state}]


def running_status(pod, ready, address="127.0.0.1"):
    return {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "hostIP": "127.0.0.1", "startTime": now(),
            "conditions": [condition("PodScheduled", True), condition("Initialized", True), condition("ContainersReady", ready),
                           condition("Ready", ready)],
            "containerStatuses": container_status(pod, {"running": {"startedAt": now()}}, ready)}


def waiting_status(pod, reason):
    waiting = {"reason": reason, "message": f"{pod['spec']['containers'][0]['image']}: {reason}"}
    return {"phase": "Pending", "conditions": [condition("PodScheduled", True), condition("Ready", False)],
            "containerStatuses": container_status(pod, {"waiting": waiting}, False)}


def ended_status(pod, code, reason=None, message=None):
    ended = {"exitCode": code, "reason": reason or ("Completed" if code == 0 else "Error"), "startedAt": now(), "finishedAt": now(),
             **({"message": message} if message else {})}
    # A strategic patch merges maps: the running state has to be taken out.
    state = {"terminated": ended, "running": None, "waiting": None}
    return {"phase": "Succeeded" if code == 0 else "Failed",
            "conditions": [condition("PodScheduled", True), condition("ContainersReady", False), condition("Ready", False)],
            "containerStatuses": container_status(pod, state, False)}
