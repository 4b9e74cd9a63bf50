"""Streams on a real cluster: from a publisher to a readable output through a Pod, twenty at once, and what happens when each part dies."""

import json
import re
import signal
import time

import pytest
from support import ffmpeg
from support.kube import pod_processes
from support.kube.deployed import Deployed
from support.making import started
from support.wait import wait_until

SECONDS = 120
STREAMS = 20
LEADER_SECONDS = 10      # within which another replica leads after a kill
LEASE_SECONDS = 180      # a worker that cannot renew its Lease ends before this
WITHOUT_API_SECONDS = 120  # for so long a worker goes on without an API server, at least
CPU = [{"op": "replace", "path": "/spec/template/spec/containers/0/resources/requests/cpu", "value": "20m"}]


def little_cpu(kind, name):
    """The node has two processors, and the requests of production would not fit."""
    return {"target": {"kind": kind, "name": name}, "patch": json.dumps(CPU)}


@pytest.fixture(scope="module")
def deployed(cluster, deploy, router_components):
    patches = [little_cpu("StatefulSet", "router"), little_cpu("Deployment", "media-service")]
    with started(Deployed(cluster, deploy, {"media-service": 3, "router": 2}, router_components, patches)) as made:
        yield made


@pytest.fixture
def live(deployed, publish, stream):
    """A stream with a readable output, whose Pod is known to be ready."""
    publish(deployed.publish_url(stream))
    deployed.wait_readable(stream)
    wait_until(lambda: deployed.show(stream).get("state") == "running", lambda: f"{deployed.show(stream)}", SECONDS, 0.1)
    return stream


def uid(pod):
    return pod and pod["metadata"]["uid"]


def output_of(deployed, stream):
    """What identifies the session that publishes the output: (router, id). None: there is no output."""
    found = deployed.paths().get(f"live/{stream}/out")
    return found and (found[0], found[1]["source"]["id"])


def wait_replaced(deployed, stream, old, seconds=SECONDS):
    """Another worker's output is readable."""
    def replaced():
        pod = deployed.worker(stream)
        return pod and uid(pod) != old and deployed.show(stream).get("output", {}).get("readable") and pod
    return wait_until(replaced, lambda: f"another worker of {stream}: {deployed.show(stream)}\n{deployed.report()}", seconds, 0.2)


def test_a_published_stream_comes_out_of_a_pod(deployed, live):
    pod = deployed.worker(live)
    assert pod["status"]["phase"] == "Running" and pod["spec"]["restartPolicy"] == "Never"
    shown = ffmpeg.probe(deployed.out_url(live))
    assert shown["video"]["codec_name"] == "h264" and shown["audio"]["codec_name"] == "aac"
    where = deployed.paths()
    assert where[f"live/{live}/in"][0] == where[f"live/{live}/out"][0], "the worker publishes where it reads"


def test_no_password_is_seen_in_a_pod(deployed, live):
    pod = json.dumps(deployed.worker(live))
    secrets = [value for name in ("router", "media-service", "stream-worker") for key, value in deployed.secret(name).items()
               if "PASS" in key]
    assert len(secrets) >= 4 and not [value for value in secrets if value in pod]


def test_the_pod_goes_with_the_stream(deployed, publish, stream):
    publisher = publish(deployed.publish_url(stream))
    deployed.wait_readable(stream)
    assert deployed.ask(f"/v1/streams/{stream}/stop", "POST").status < 300
    wait_until(lambda: deployed.worker(stream) is None, lambda: deployed.report(), SECONDS, 0.2)
    publisher.terminate()


def test_a_deleted_pod_is_replaced(deployed, live):
    old = deployed.worker(live)
    deployed.api.delete("pods", old["metadata"]["name"])
    new = wait_replaced(deployed, live, uid(old))
    assert new["metadata"]["name"] == old["metadata"]["name"], "its name is that of the stream alone"


def test_a_killed_worker_is_replaced(deployed, live):
    old = deployed.worker(live)
    assert pod_processes.signal_all(old, signal.SIGKILL) == 1
    wait_replaced(deployed, live, uid(old))


def test_a_stream_survives_its_kubelet(deployed, live):
    pod, output = deployed.worker(live), output_of(deployed, live)
    deployed.cluster.kill_program("kubelet")
    try:
        time.sleep(3)  # the time in which something might go wrong; there is nothing to wait for
        assert output_of(deployed, live) == output
    finally:
        deployed.cluster.start_program("kubelet")
    deployed.cluster.wait_node()
    assert uid(deployed.worker(live)) == uid(pod) and output_of(deployed, live) == output


def test_streams_survive_an_api_server_that_is_started_again(deployed, publish, live, stream):
    pod, output = deployed.worker(live), output_of(deployed, live)
    began = time.monotonic()
    deployed.cluster.kill_program("kube-apiserver")
    deployed.cluster.start_program("kube-apiserver")
    deployed.cluster.wait_api()
    away = time.monotonic() - began
    late = f"{stream}-late"
    publish(deployed.publish_url(late))
    deployed.wait_readable(late)
    deployed.wait_readable(live)
    if away < WITHOUT_API_SECONDS:  # if the machine is so busy that it takes longer, workers have to end
        assert uid(deployed.worker(live)) == uid(pod) and output_of(deployed, live) == output


def test_another_replica_leads_after_a_kill(deployed, publish, live, stream):
    pod, output = deployed.worker(live), output_of(deployed, live)
    leader = deployed.leader()
    killed = time.monotonic()
    assert pod_processes.signal_all(leader, signal.SIGKILL)
    wait_until(lambda: (now := deployed.leader()) and uid(now) != uid(leader), lambda: deployed.report(), SECONDS, 0.05)
    assert time.monotonic() - killed < LEADER_SECONDS
    late = f"{stream}-late"
    publish(deployed.publish_url(late))
    deployed.wait_readable(late)
    assert uid(deployed.worker(live)) == uid(pod) and output_of(deployed, live) == output, "no worker was touched"
    deployed.wait_rolled_out()


def test_media_service_is_replaced_without_a_stream_noticing(deployed, live):
    pod, output = deployed.worker(live), output_of(deployed, live)
    deployed.cluster.kubectl("-n", deployed.api.namespace, "rollout", "restart", "deployment/media-service")
    deployed.wait_rolled_out()
    deployed.wait_readable(live)
    assert uid(deployed.worker(live)) == uid(pod) and output_of(deployed, live) == output


class Encoders:
    """Each connects again when its router has ended, or when it is refused: a Service still sends clients to a router that was killed
    until its kubelet has noticed. keep() has to be called again and again."""

    def __init__(self, deployed, publish, names):
        self.deployed, self.publish = deployed, publish
        self.publishers = dict.fromkeys(names)
        self.keep()

    def keep(self):
        for name, publisher in self.publishers.items():
            if not publisher or not publisher.running():
                self.publishers[name] = self.publish(self.deployed.publish_url(name))

    def wait_readable(self, old=None):
        """Until each stream has an output, which media-service knows. old: {stream: output that it must not be}."""
        for name in self.publishers:
            self._wait_readable(name, (old or {}).get(name))

    def _wait_readable(self, name, old):
        def readable():
            self.keep()
            output = output_of(self.deployed, name)
            return output and output != old and self.deployed.show(name).get("output", {}).get("readable")
        wait_until(readable, lambda: f"{name}: {self.deployed.show(name)}\n{self.publishers[name].log()}\n{self.deployed.report()}",
                   SECONDS, 0.2)


def test_a_killed_router_takes_only_its_own_streams(deployed, publish, stream):
    # So many that hardly ever all of them come to the same router.
    encoders = Encoders(deployed, publish, [f"{stream}-{number}" for number in range(12)])
    encoders.wait_readable()
    outputs = {name: output_of(deployed, name) for name in encoders.publishers}
    lost, kept = ({name: output for name, output in outputs.items() if output[0] == router} for router in ("router-0", "router-1"))
    assert lost and kept, "both have some"
    [victim] = [pod for pod in deployed.pods("router") if pod["metadata"]["name"] == "router-0"]
    pod_processes.signal_all(victim, signal.SIGKILL)
    wait_until(lambda: not any(encoders.publishers[name].running() for name in lost), "its publishers notice", SECONDS, 0.1)
    assert {name: output_of(deployed, name) for name in kept} == kept, "the other router's streams go on"
    encoders.wait_readable(lost)
    deployed.wait_rolled_out()
    assert {name: output_of(deployed, name) for name in kept} == kept, "also while the router comes back"


def test_routers_are_replaced_one_by_one(deployed, publish, stream):
    """Publishers connect again when they are sent away; each stream has an output again, and always one worker at most."""
    encoders = Encoders(deployed, publish, [f"{stream}-{number}" for number in range(4)])
    encoders.wait_readable()
    old = {uid(pod) for pod in deployed.pods("router")}
    outputs = {name: output_of(deployed, name) for name in encoders.publishers}
    deployed.cluster.kubectl("-n", deployed.api.namespace, "rollout", "restart", "statefulset/router")

    def replaced():
        encoders.keep()
        for name in encoders.publishers:
            deployed.worker(name)  # asserts that there is one at most
        now = deployed.pods("router")
        return len(now) == 2 and not old & {uid(pod) for pod in now} and all(ready(pod) for pod in now)

    wait_until(replaced, lambda: deployed.report(), 2 * SECONDS, 0.5)
    encoders.wait_readable(outputs)


def ready(pod):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))


def test_twenty_streams(deployed, publish, stream):
    names = [f"{stream}-{number}" for number in range(STREAMS)]
    for name in names:
        publish(deployed.publish_url(name), clip="small")
    for name in names:
        deployed.wait_readable(name, 2 * SECONDS)
    workers = {uid(deployed.worker(name)) for name in names}
    assert len(workers) == STREAMS
    outputs = {name: output_of(deployed, name) for name in names}
    assert all(outputs.values())
    for name in names:
        assert ffmpeg.probe(deployed.out_url(name))["video"]["codec_name"] == "h264"
    assert {name: output_of(deployed, name) for name in names} == outputs, "none was restarted"


def test_two_processes_under_one_name_never_publish_both(deployed, live):
    """A node hangs, and its Pod is removed by force: its process still runs when the next one of the same name begins."""
    old = deployed.worker(live)
    router, _ = output_of(deployed, live)
    deployed.cluster.kill_program("kubelet", signal.SIGSTOP)
    try:
        deployed.api.delete("pods", old["metadata"]["name"], grace=0)
        wait_until(lambda: uid(deployed.worker(live)) not in (None, uid(old)), lambda: f"the next Pod\n{deployed.report()}", SECONDS, 0.1)
        assert pod_processes.of(old), "the old process still runs"
        assert output_of(deployed, live), "and publishes"
    finally:
        deployed.cluster.kill_program("kubelet", signal.SIGCONT)
    wait_replaced(deployed, live, uid(old))
    log = deployed.cluster.logs(router)
    assert not re.search(rf"live/{live}/out\] closing existing publisher", log), "one took the other's place"


def test_a_worker_that_loses_the_api_server_ends_by_itself(deployed, live):
    old = deployed.worker(live)
    address = old["status"]["podIP"]
    rule = ["-s", address, "-p", "tcp", "--dport", "6443", "-j", "DROP"]
    deployed.cluster.box.run("iptables", "-I", "INPUT", *rule)
    try:
        wait_until(lambda: not pod_processes.of(old), lambda: f"it ends\n{deployed.report()}", LEASE_SECONDS + SECONDS, 0.2)
    finally:
        deployed.cluster.box.run("iptables", "-D", "INPUT", *rule)
    wait_replaced(deployed, live, uid(old))
