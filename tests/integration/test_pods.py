"""Workers as Pods: media-service with --worker-mode kubernetes, against the API server of this process, and with KUBE_BIN also against
the real one. The kubelet is ours, so that it can misbehave; tests/cluster has a real one.
"""

import contextlib
import copy
import dataclasses
import hashlib
import json
import re

import pytest
from support import http
from support.free_ports import free_ports
from support.kube import api, fake_api
from support.kube.kubelet import Kubelet
from support.live_publisher import LivePublisher
from support.making import started
from support.wait import wait_until

TEMPLATE = """
apiVersion: v1
kind: Pod
metadata:
  labels: {team: media}
spec:
  tolerations: [{key: dedicated, operator: Exists}]
  containers:
    - name: worker
      image: stream-worker:1
      resources: {limits: {memory: 64Mi}}
      envFrom: [{secretRef: {name: stream-worker, optional: true}}]
"""
SECONDS = 60
FLAGS = {"--grace-period": "1s", "--restart-delay": "100ms", "--restart-delay-max": "1s"}


def metrics(stack):
    return http.get(stack.service_url("/metrics")).text()


def pod_name(stream):
    """As src/base/crypto/label_name.hpp makes it."""
    readable = "".join(c if c.isalnum() else "-" for c in stream[:20].lower())
    return f"worker-{readable.rstrip('-') if readable.endswith('-') else readable}-{hashlib.sha256(stream.encode()).hexdigest()[:32]}"


@pytest.fixture(scope="module", params=["fake", "real"])
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    if request.param == "fake":
        made = fake_api.FakeApiServer(folder)
    elif lacking := api.missing():
        pytest.skip(lacking)
    else:
        made = api.ApiServer(folder)
    with started(made) as running:
        yield running


@pytest.fixture
def kubelet(server):
    with started(Kubelet(server.admin, selector="tidegate/role=worker")) as running:
        yield running
    for pod in server.admin.list("pods"):
        server.admin.delete("pods", pod["metadata"]["name"], grace=0)


@pytest.fixture
def pods(server, kubelet, new_stack, tmp_path):
    """Makes stacks whose workers are Pods."""
    def make(flags=None):
        template = tmp_path / "worker-pod.yaml"
        template.write_text(TEMPLATE)
        return new_stack(worker_mode="kubernetes", service_flags={
            **FLAGS, "--kubeconfig": str(server.kubeconfig(tmp_path / "kubeconfig")), "--worker-pod-template": str(template),
            **(flags or {})})
    return make


@pytest.fixture
def stack(pods):
    made = pods()
    made.stop_workers_on_exit = False
    with started(made) as running:
        yield running


@pytest.fixture
def live(stack, clips):
    """Publishes streams until the test ends, or until what it returns is closed."""
    with contextlib.ExitStack() as all_of_them:
        def publish(stream):
            one = all_of_them.enter_context(contextlib.ExitStack())
            one.enter_context(LivePublisher(stack.settings, clips.get("av"), stream))
            return one

        yield publish


def wait_state(stack, stream, *states, seconds=SECONDS):
    return wait_until(lambda: (view := stack.show(stream)).get("state") in states and view,
                      lambda: f"{stream} {states}: {stack.show(stream)}\n{stack.service.log()[-3000:]}", seconds)


def wait_reason(stack, stream, text):
    return wait_until(lambda: text in json.dumps(view := stack.show(stream)) and view,
                      lambda: f"{text!r} in {stack.show(stream)}\n{stack.service.log()[-3000:]}", SECONDS)


def test_a_stream_has_a_pod_as_long_as_it_is_live(stack, live, kubelet, server):
    name = pod_name("Demo_1")
    publisher = live("Demo_1")
    pod = kubelet.wait_running(name)
    assert pod["metadata"]["labels"] | {"team": "media", "tidegate/role": "worker", "tidegate/stream": "Demo_1"} == pod["metadata"]["labels"]
    assert pod["spec"]["restartPolicy"] == "Never" and pod["spec"]["tolerations"][0]["key"] == "dedicated"
    container = pod["spec"]["containers"][0]
    assert container["resources"]["limits"]["memory"] == "64Mi" and container["args"][:2] == ["--stream-id", "Demo_1"]
    view = wait_state(stack, "Demo_1", "running")
    assert view["runId"] == pod["metadata"]["annotations"]["tidegate/run"]
    assert (view["worker"]["pod"], view["worker"]["node"], view["worker"]["pid"]) == (name, pod["spec"]["nodeName"], None)
    publisher.close()
    kubelet.wait_gone(name)
    assert wait_state(stack, "Demo_1", "idle")["lastExit"]["meaning"] == "stopped or source ended (exit 0)"
    assert [one for one, _ in kubelet.seen].count(name) == 1


def test_no_secret_is_in_a_pod(stack, live, kubelet):
    live("secret")
    pod = kubelet.wait_running(pod_name("secret"))
    for variable, value in stack.worker_environment().items():
        assert not variable.endswith("PASSWORD") or value not in json.dumps(pod), variable


def test_a_worker_that_ends_is_replaced_and_the_reason_is_told(stack, live, kubelet):
    name = pod_name("oom")
    live("oom")
    first = kubelet.wait_running(name)["metadata"]["uid"]
    wait_state(stack, "oom", "running")
    kubelet.finish(name, 137, "OOMKilled")
    kubelet.wait_pod(name, lambda pod: pod["metadata"]["uid"] != first, "replaced")
    view = wait_state(stack, "oom", "running")
    assert view["lastExit"]["meaning"] == "killed by signal 9 (SIGKILL): OOMKilled (it used more memory than its limit)"


def test_an_evicted_worker_says_so(stack, live, kubelet):
    name = pod_name("evicted")
    live("evicted")
    kubelet.wait_running(name)
    wait_state(stack, "evicted", "running")
    kubelet.evict(name)
    wait_reason(stack, "evicted", "Evicted (its node ran short of something): The node was low on resource: memory.")


@pytest.mark.parametrize("stream, play, told", [
    ("image", {"waiting": "ErrImageNeverPull"}, "ErrImageNeverPull (its image is not on the node"),
    ("nodes", {"unschedulable": "0/3 nodes are available"}, "Unschedulable (no node takes it): 0/3 nodes are available")])
def test_a_pod_that_cannot_start_says_why(stack, live, kubelet, stream, play, told):
    kubelet.play(pod_name(stream)[:12], **play)
    live(stream)
    view = wait_reason(stack, stream, told)
    assert view["state"] == "starting"


def test_a_program_that_cannot_be_started_is_told(stack, live, kubelet):
    kubelet.play(pod_name("start")[:12], exits=(128, "StartError"))
    live("start")
    wait_reason(stack, "start", "StartError (its program cannot be started)")


def test_a_short_life_is_not_missed(stack, live, kubelet):
    """The container has ended before anybody has seen it running."""
    kubelet.play(pod_name("short")[:12], exits=(10, "Error"))
    live("short")
    assert wait_state(stack, "short", "failed")["lastExit"]["meaning"] == "configuration error (exit 10)"
    kubelet.wait_gone(pod_name("short"))


def test_a_service_that_returns_takes_its_pods_over(stack, live, kubelet):
    name = pod_name("kept")
    live("kept")
    first = kubelet.wait_running(name)["metadata"]["uid"]
    run = wait_state(stack, "kept", "running")["runId"]
    stack.service.kill()
    stack.start_service()
    assert wait_state(stack, "kept", "running")["runId"] == run
    assert kubelet.pod(name)["metadata"]["uid"] == first and (name, first) in kubelet.seen


def test_an_api_server_that_is_away_ends_no_worker(stack, live, kubelet, server):
    live("before")
    first = kubelet.wait_running(pod_name("before"))["metadata"]["uid"]
    wait_state(stack, "before", "running")
    server.kill_apiserver()
    live("during")
    wait_reason(stack, "during", "connection refused")
    assert stack.show("before")["state"] == "running"
    wait_until(lambda: "tidegate_cluster_reachable 0\n" in metrics(stack), lambda: metrics(stack), SECONDS)
    assert re.search(r'tidegate_cluster_failures_total\{reason="no-answer"\} [1-9]', metrics(stack))
    assert "cluster.unreachable" in stack.service.log()
    server.start_apiserver()
    kubelet.wait_running(pod_name("during"))
    wait_until(lambda: "tidegate_cluster_reachable 1\n" in metrics(stack), lambda: metrics(stack), SECONDS)
    assert "cluster.reachable" in stack.service.log()
    wait_state(stack, "during", "running")
    assert kubelet.pod(pod_name("before"))["metadata"]["uid"] == first
    assert stack.show("before")["state"] == "running"


def test_an_api_server_that_hangs_ends_no_worker(stack, live, kubelet, server):
    live("held")
    first = kubelet.wait_running(pod_name("held"))["metadata"]["uid"]
    wait_state(stack, "held", "running")
    server.freeze()
    try:
        live("late")
        wait_reason(stack, "late", "could not be started: ")
        assert stack.show("held")["state"] == "running"
    finally:
        server.thaw()
    wait_state(stack, "late", "running")
    assert kubelet.pod(pod_name("held"))["metadata"]["uid"] == first


def test_a_history_that_is_forgotten_is_listed_again(stack, live, kubelet, server):
    name = pod_name("compacted")
    live("compacted")
    kubelet.wait_running(name)
    wait_state(stack, "compacted", "running")
    server.kill_apiserver()
    server.start_apiserver()
    server.compact()
    kubelet.wait_pod(name)
    kubelet.finish(name, 40)
    wait_reason(stack, "compacted", "transient I/O error (exit 40)")
    wait_state(stack, "compacted", "running")


def test_a_worker_on_a_frozen_node_is_not_replaced(pods, kubelet, clips):
    name = pod_name("frozen")
    kubelet.play(name, confirms=False)
    stack = pods({"--watchdog": "3s", "--ready-timeout": "20s", "--worker-lease-duration": "10s"})
    stack.stop_workers_on_exit = False
    with started(stack), LivePublisher(stack.settings, clips.get("av"), "frozen"):
        first = kubelet.wait_running(name)["metadata"]["uid"]
        wait_state(stack, "frozen", "running")
        kubelet.set_ready(name, False)
        kubelet.wait_pod(name, lambda pod: "deletionTimestamp" in pod["metadata"], "deleted")
        wait_reason(stack, "frozen", "does not confirm the end of the Pod")
        assert stack.show("frozen")["state"] == "stopping" and kubelet.pod(name)["metadata"]["uid"] == first
        # An operator knows that the machine is off, and says so.
        kubelet.play(name)
        kubelet.force_delete(name)
        kubelet.wait_pod(name, lambda pod: pod["metadata"]["uid"] != first, "replaced")
        wait_state(stack, "frozen", "running")


def test_two_services_have_one_pod_for_a_stream(stack, live, kubelet, tmp_path):
    """Such as two that take themselves for the leader."""
    second = copy.copy(stack)
    second.settings = dataclasses.replace(stack.settings, service_port=free_ports(1)[0], run_dir=str(tmp_path / "second"))
    second.work_dir = tmp_path / "second"
    second.work_dir.mkdir()
    second.start_service()
    try:
        for stream in ("double", "triple"):
            live(stream)
        for stream in ("double", "triple"):
            kubelet.wait_running(pod_name(stream))
            for service in (stack, second):
                wait_state(service, stream, "running")
        runs = [service.show("double")["runId"] for service in (stack, second)]
        assert runs[0] == runs[1]
        assert sorted(name for name, _ in kubelet.seen) == sorted(map(pod_name, ("double", "triple")))
    finally:
        second.service.kill()


def test_a_refusal_is_told_and_repeated(stack, live, server, kubelet):
    if not isinstance(server, fake_api.FakeApiServer):
        pytest.skip("a real server refuses by quota or role")
    server.refuse("POST", *[(403, "Forbidden", 'pods "x" is forbidden: exceeded quota')] * 3)
    live("quota")
    wait_reason(stack, "quota", "exceeded quota")
    kubelet.wait_running(pod_name("quota"))
    wait_state(stack, "quota", "running")


def test_a_busy_server_is_given_time(stack, live, server, kubelet):
    if not isinstance(server, fake_api.FakeApiServer):
        pytest.skip("a real server is not busy")
    server.refuse("POST", (429, "TooManyRequests", "busy"), (500, "InternalError", "etcdserver: request timed out"))
    live("busy")
    kubelet.wait_running(pod_name("busy"))
    wait_state(stack, "busy", "running")


def test_an_operator_stops_and_restarts_a_pod(stack, live, kubelet):
    name = pod_name("asked")
    live("asked")
    first = kubelet.wait_running(name)["metadata"]["uid"]
    wait_state(stack, "asked", "running")
    assert http.request("POST", stack.service_url("/v1/streams/asked/restart")).status < 300
    kubelet.wait_pod(name, lambda pod: pod["metadata"]["uid"] != first, "replaced")
    wait_state(stack, "asked", "running")
    assert http.request("POST", stack.service_url("/v1/streams/asked/stop")).status < 300
    kubelet.wait_gone(name)
    wait_state(stack, "asked", "idle")


def test_a_service_that_takes_its_workers_with_it_waits_for_them(pods, kubelet, clips):
    stack = pods()
    name = pod_name("ended")
    with LivePublisher(stack.start().settings, clips.get("av"), "ended"):
        kubelet.wait_running(name)
        wait_state(stack, "ended", "running")
        assert stack.service.terminate() == 0
        kubelet.wait_gone(name)
    stack.stop()


@pytest.mark.parametrize("flags, said", [
    ({"--worker-pod-template": ""}, "needs --worker-pod-template"),
    ({"--worker-pod-template": "/none.yaml"}, "/none.yaml"),
    ({"--kubeconfig": "/none"}, "open /none: no such file"),
    ({"--worker-namespace": "No_Name"}, "is no name of a namespace"),
    ({"--ready-timeout": "3m"}, "more than --worker-lease-duration, 3m"),
    ({"--worker-lease-duration": "9s"}, "--worker-lease-duration")])
def test_wrong_settings_are_told_at_the_start(pods, flags, said):
    stack = pods(flags)
    with pytest.raises(AssertionError, match=said):
        stack.start_service()
    assert stack.service is None
