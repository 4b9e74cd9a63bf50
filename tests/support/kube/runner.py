"""Runs the container of a Pod as a process of this machine: its command and environment, an address of its own, its probes, and
SIGTERM with a grace period at the end. For kubelet.py; there are no images, volumes or limits.
"""

import base64
import os
import re
import signal
import threading

import requests

from ..process import Process

PROBE_SECONDS = 5
FIRST_ADDRESS = 10      # Pods have the addresses 127.64.0.10, .11 and so on, all of which are this machine's loopback


class Runner:
    """programs: {name of a program in the Pod: its path on this machine}. environment: further variables of each process."""

    def __init__(self, folder, programs, environment=None):
        self.folder, self.programs, self.environment = folder, programs, environment or {}
        self.processes, self.addresses = {}, {}
        self._lock = threading.Lock()

    def begin(self, kubelet, pod):
        uid, name = pod["metadata"]["uid"], pod["metadata"]["name"]
        with self._lock:
            self.addresses[uid] = f"127.64.0.{FIRST_ADDRESS + len(self.addresses)}"
        container = pod["spec"]["containers"][0]
        environment = {**self._environment(kubelet.client, pod, container), **self.environment}
        argv = [self._expand(word, environment) for word in (*container.get("command", []), *container.get("args", []))]
        argv[0] = str(self.programs.get(argv[0], argv[0]))
        self.processes[uid] = Process(name, argv, self.folder / f"{name}-{uid[:8]}.log", {"PATH": os.environ["PATH"], **environment})
        threading.Thread(target=self._watch, args=(kubelet, pod, container), daemon=True).start()

    def process_of(self, pod):
        return self.processes[pod["metadata"]["uid"]]

    def running(self, name):
        """The processes of Pods of this name that run at this moment: more than one would be a split brain."""
        return [process for process in list(self.processes.values()) if process.name == name and process.running()]

    def end(self, uid, grace):
        """SIGTERM, and SIGKILL after the grace period. Returns the exit code as a container has it."""
        process = self.processes.get(uid)
        if not process:
            return 0
        process.signal(signal.SIGTERM)
        try:
            code = process.wait(grace)
        except AssertionError:
            process.kill()
            code = process.popen.returncode
        return code if code >= 0 else 128 - code

    def forget(self, uid):
        """The object is gone without our doing (a forced deletion): a kubelet kills what still runs."""
        if uid in self.processes:
            self.processes[uid].kill()

    def kill(self):
        for process in list(self.processes.values()):
            process.kill()

    def _environment(self, client, pod, container):
        fields = {"metadata.name": pod["metadata"]["name"], "metadata.namespace": pod["metadata"]["namespace"],
                  "metadata.uid": pod["metadata"]["uid"], "status.podIP": self.addresses[pod["metadata"]["uid"]],
                  "spec.nodeName": pod["spec"].get("nodeName", "")}
        made = {}
        for source in container.get("envFrom", []):
            made |= decoded(client.get("secrets", source["secretRef"]["name"]))
        for variable in container.get("env", []):
            origin = variable.get("valueFrom", {})
            if "fieldRef" in origin:
                made[variable["name"]] = fields[origin["fieldRef"]["fieldPath"]]
            elif "secretKeyRef" in origin:
                secret = decoded(client.get("secrets", origin["secretKeyRef"]["name"]))
                made[variable["name"]] = secret[origin["secretKeyRef"]["key"]]
            else:
                made[variable["name"]] = self._expand(variable.get("value", ""), made)
        return made

    @staticmethod
    def _expand(text, environment):
        return re.sub(r"\$\((\w+)\)", lambda found: environment.get(found[1], found[0]), text)

    def _watch(self, kubelet, pod, container):
        """Writes the status: running and ready as the probe says, then how it ended."""
        process, shown = self.process_of(pod), None
        while process.running():
            ready = self._probe(pod, container)
            if ready != shown:
                shown = self._tell(kubelet, pod, ready)
            kubelet.tick(container.get("readinessProbe", {}).get("periodSeconds", 1))
        kubelet.ended(pod, process.popen.returncode if process.popen.returncode >= 0 else 128 - process.popen.returncode)

    def _tell(self, kubelet, pod, ready):
        return ready if kubelet.show(pod, ready, self.addresses[pod["metadata"]["uid"]]) else None

    def _probe(self, pod, container):
        asked = container.get("readinessProbe", {}).get("httpGet")
        if not asked:
            return True
        port = asked["port"]
        if isinstance(port, str):
            port = next(one["containerPort"] for one in container["ports"] if one["name"] == port)
        try:
            url = f"http://{self.addresses[pod['metadata']['uid']]}:{port}{asked.get('path', '/')}"
            return requests.get(url, timeout=PROBE_SECONDS).status_code < 400
        except requests.RequestException:
            return False


def decoded(secret):
    return {key: base64.b64decode(value).decode() for key, value in (secret or {}).get("data", {}).items()}
