"""What the backend of Pods, the Leases and the simulated API server of the unit tests believe of a real API server; and that the kubelet
that plays does what a real one does, as far as the API server shows it."""

import threading

import pytest
import requests
from support.kube.client import ApiError
from support.kube.kubelet import Kubelet, now
from support.kube.runner import Runner
from support.making import started
from support.wait import wait_until

LEASE_RULES = [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update", "delete"]}]


@pytest.fixture(scope="module")
def kubelet(api_server):
    with started(Kubelet(api_server.admin)) as playing:
        yield playing


def pod(name, **spec):
    return {"metadata": {"name": name}, "spec": {"restartPolicy": "Never", "containers": [{"name": "worker", "image": "x"}], **spec}}


def reason(call):
    with pytest.raises(ApiError) as refused:
        call()
    return refused.value.status, refused.value.reason


def watched(api_server, version, count):
    """The first so many events from this version on: (type, object)."""
    events = []
    for kind, one in api_server.admin.watch("pods", version, seconds=30):
        events.append((kind, one))
        if len(events) == count:
            return events
    raise AssertionError(f"only {events}")


def version_of_list(api_server):
    return api_server.admin.whole_list("pods")["metadata"]["resourceVersion"]


# Pods

def test_a_second_pod_of_a_name_is_refused(api_server, kubelet):
    first = api_server.admin.create("pods", pod("once"))
    assert reason(lambda: api_server.admin.create("pods", pod("once"))) == (409, "AlreadyExists")
    kubelet.wait_running("once")
    api_server.admin.delete("pods", "once")
    kubelet.wait_gone("once")
    assert api_server.admin.create("pods", pod("once"))["metadata"]["uid"] != first["metadata"]["uid"]


def test_a_deleted_pod_stays_until_its_node_says_so(api_server, kubelet):
    kubelet.play("slow", confirms=False)
    api_server.admin.create("pods", pod("slow", terminationGracePeriodSeconds=7))
    kubelet.wait_running("slow")
    api_server.admin.delete("pods", "slow")
    left = kubelet.wait_pod("slow", lambda one: one["metadata"].get("deletionTimestamp"), "is being deleted")
    assert left["metadata"]["deletionGracePeriodSeconds"] == 7 and left["status"]["phase"] == "Running"
    assert reason(lambda: api_server.admin.create("pods", pod("slow"))) == (409, "AlreadyExists")
    kubelet.force_delete("slow")
    kubelet.wait_gone("slow")


def test_a_deletion_is_told_step_by_step(api_server, kubelet):
    kubelet.play("three", code_on_delete=3)
    api_server.admin.create("pods", pod("three"))
    kubelet.wait_running("three")
    version = version_of_list(api_server)
    api_server.admin.delete("pods", "three")
    (_, asked), (_, ended), (_, confirmed), (_, gone) = told = watched(api_server, version, 4)
    assert [kind for kind, _ in told] == ["MODIFIED", "MODIFIED", "MODIFIED", "DELETED"]
    assert asked["metadata"]["deletionTimestamp"] and asked["status"]["phase"] == "Running"
    assert confirmed["metadata"]["deletionGracePeriodSeconds"] == 0
    for one in (ended, confirmed, gone):
        assert one["status"]["phase"] == "Failed"
        assert one["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 3


def test_a_finished_or_unbound_pod_goes_at_once(api_server, kubelet):
    kubelet.play("finished", exits=(0, None))
    kubelet.play("nowhere", unschedulable="0/1 nodes are available: 1 Insufficient cpu.")
    for name in ("finished", "nowhere"):
        api_server.admin.create("pods", pod(name))
    kubelet.wait_pod("finished", lambda one: one["status"].get("phase") == "Succeeded", "has ended")
    kubelet.wait_pod("nowhere", lambda one: one["status"].get("conditions"), "cannot be placed")
    for name in ("finished", "nowhere"):
        api_server.admin.delete("pods", name)
        assert api_server.admin.get("pods", name) is None


def test_a_precondition_saves_another_pod_of_the_name(api_server, kubelet):
    api_server.admin.create("pods", pod("mine"))
    kubelet.wait_running("mine")
    path, options = api_server.admin.path("pods", "mine"), {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}
    assert reason(lambda: api_server.admin.call("DELETE", path, options)) == (409, "Conflict")
    api_server.admin.delete("pods", "mine")
    kubelet.wait_gone("mine")


def waiting_reason(status):
    return [one["state"]["waiting"]["reason"] for one in status.get("containerStatuses", []) if "waiting" in one["state"]]


def condition_reason(status):
    return [one["reason"] for one in status.get("conditions", []) if one.get("reason")]


@pytest.mark.parametrize("change, found, reasons", [({"waiting": "ImagePullBackOff"}, waiting_reason, ["ImagePullBackOff"]),
                                                    ({"unschedulable": "no room"}, condition_reason, ["Unschedulable"])])
def test_what_cannot_start_stays_pending_with_the_reason(api_server, kubelet, change, found, reasons):
    name = f"stuck-{next(iter(change))}"
    kubelet.play(name, **change)
    api_server.admin.create("pods", pod(name))
    shown = kubelet.wait_pod(name, lambda one: found(one["status"]) == reasons, "has a reason")
    assert shown["status"]["phase"] == "Pending"
    kubelet.force_delete(name)


def test_an_eviction_is_told_in_the_pods_own_status(api_server, kubelet):
    api_server.admin.create("pods", pod("evicted"))
    kubelet.wait_running("evicted")
    kubelet.evict("evicted")
    status = kubelet.wait_pod("evicted", lambda one: one["status"]["phase"] == "Failed", "has failed")["status"]
    assert status["reason"] == "Evicted" and "memory" in status["message"]
    api_server.admin.delete("pods", "evicted")


# Watches

def test_a_compacted_version_ends_a_watch_with_410_in_an_answer_of_200(api_server, kubelet):
    old = version_of_list(api_server)
    for number in range(3):
        api_server.admin.create("pods", pod(f"history-{number}"))
        kubelet.wait_running(f"history-{number}")
        kubelet.force_delete(f"history-{number}")
    api_server.compact()
    api_server.kill_apiserver()
    api_server.start_apiserver()  # its cache would still know
    [(kind, said)] = watched(api_server, old, 1)
    assert (kind, said["code"], said["reason"]) == ("ERROR", 410, "Expired")


def test_a_killed_api_server_breaks_watches_and_comes_back_with_everything(api_server, kubelet):
    api_server.admin.create("pods", pod("survivor"))
    kubelet.wait_running("survivor")
    broken = threading.Event()

    def follow():
        try:
            list(api_server.admin.watch("pods", version_of_list(api_server), seconds=60))
        except requests.RequestException:
            broken.set()

    thread = threading.Thread(target=follow)
    thread.start()
    wait_until(lambda: thread.is_alive(), "the watch begins")
    api_server.kill_apiserver()
    with pytest.raises(requests.RequestException):
        version_of_list(api_server)
    thread.join(30)
    assert broken.is_set()
    api_server.start_apiserver()
    assert api_server.admin.get("pods", "survivor")["status"]["phase"] == "Running"
    kubelet.force_delete("survivor")
    kubelet.wait_gone("survivor")


# Leases

def lease(holder="a", renewed="2026-01-01T00:00:00.000000Z"):
    return {"metadata": {"name": "l"}, "spec": {"holderIdentity": holder, "leaseDurationSeconds": 5, "renewTime": renewed}}


def test_a_lease_is_made_once_and_changed_only_by_who_has_seen_it(api_server):
    client = api_server.make_service_account("worker", LEASE_RULES)
    wait_until(lambda: client.ask("GET", client.path("leases", "l")).status_code == 404, "the role is known")
    made = client.create("leases", lease())
    assert reason(lambda: client.create("leases", lease("b"))) == (409, "AlreadyExists")
    path = client.path("leases", "l")
    changed = client.call("PUT", path, {**made, "spec": lease("b")["spec"]})
    assert reason(lambda: client.call("PUT", path, {**made, "spec": lease("c")["spec"]})) == (409, "Conflict")
    assert reason(lambda: client.call("PUT", path, lease("c")))[0] == 422, "without a resourceVersion"
    versions = {"preconditions": {"resourceVersion": made["metadata"]["resourceVersion"]}}
    assert reason(lambda: client.call("DELETE", path, versions)) == (409, "Conflict")
    assert changed["spec"]["holderIdentity"] == "b"
    client.delete("leases", "l")


def test_the_time_of_a_lease_has_six_decimals(api_server):
    assert reason(lambda: api_server.admin.create("leases", lease(renewed=now())))[0] == 400


def test_a_service_account_may_do_what_its_role_says_and_no_more(api_server, tmp_path):
    client = api_server.make_service_account("worker", LEASE_RULES)
    assert reason(lambda: client.list("pods")) == (403, "Forbidden")
    assert reason(lambda: client.get("secrets", "any")) == (403, "Forbidden")
    stranger = type(client)(client.url, client.ca_file, "not-a-token", namespace=client.namespace)
    assert reason(lambda: stranger.list("leases")) == (401, "Unauthorized")
    found = api_server.in_cluster(client, tmp_path / "account")
    assert found["KUBERNETES_SERVICE_PORT"] == str(api_server.port) and (tmp_path / "account" / "token").stat().st_mode & 0o77 == 0


def test_a_runner_gives_pods_processes_with_environment_probes_and_an_end(api_server, tmp_path):
    """Not a fact of the API server, but of the support that other tests rely on."""
    name = "runs"
    script = "import http.server, os; print(os.environ['WHO'], flush=True); " \
             "http.server.HTTPServer((os.environ['POD_IP'], 8081), http.server.SimpleHTTPRequestHandler).serve_forever()"
    container = {"name": "worker", "image": "x", "command": ["python", "-c", script],
                 "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, {"name": "WHO", "value": "me $(POD_IP)"}],
                 "readinessProbe": {"httpGet": {"path": "/", "port": 8081}, "periodSeconds": 1}}
    labelled = {"metadata": {"name": name, "labels": {"tried": "runner"}}, "spec": {"restartPolicy": "Never", "containers": [container],
                                                                                   "terminationGracePeriodSeconds": 5}}
    runner = Runner(tmp_path, {"python": "/usr/bin/python3"})
    # A second kubelet: each would play the other's Pods, so the first one has to leave this one alone.
    with started(Kubelet(api_server.admin, node="runs-processes", selector="tried=runner", runner=runner)) as running:
        api_server.admin.create("pods", {**labelled, "spec": {**labelled["spec"], "nodeName": "runs-processes"}})
        ready = running.wait_pod(name, lambda one: any(c["type"] == "Ready" and c["status"] == "True"
                                                       for c in one["status"].get("conditions", [])), "ready")
        [process] = runner.running(name)
        assert ready["status"]["podIP"].startswith("127.64.") and f"me {ready['status']['podIP']}" in process.log()
        api_server.admin.delete("pods", name)
        running.wait_gone(name)
        assert not runner.running(name)


