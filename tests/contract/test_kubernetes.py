"""deploy/kubernetes: what can be said of the files without a cluster, and what a real API server says of each object (KUBE_BIN). What
they do in a cluster is in tests/cluster."""

import base64
import re
import subprocess

import pytest
import yaml
from support.kube import api, manifests, programs
from support.kube.client import GROUPS

ROOT = programs.ROOT
BASE = manifests.DEPLOY / "base"
RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def documents(name, folder=BASE):
    return [one for one in yaml.safe_load_all((folder / name).read_text()) if one]


def base_objects():
    return [one for name in yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"] if name.endswith(".yaml")
            for one in documents(name)]


def named(kind, name):
    [found] = [one for one in base_objects() if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


@pytest.fixture(scope="module")
def router_config():
    return yaml.safe_load((ROOT / "deploy" / "mediamtx" / "mediamtx.yml").read_text())


def containers():
    yield "media-service", named("Deployment", "media-service")["spec"]["template"]["spec"]
    yield "router", named("StatefulSet", "router")["spec"]["template"]["spec"]
    yield "stream-worker", documents("worker-pod.yaml")[0]["spec"]


@pytest.mark.parametrize("name, spec", containers(), ids=lambda value: value if isinstance(value, str) else "")
def test_no_pod_has_a_right_that_it_does_not_need(name, spec):
    assert spec["serviceAccountName"] == name and spec["enableServiceLinks"] is False
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    [container] = spec["containers"]
    assert container["securityContext"] == RESTRICTED
    assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]


def test_no_password_stands_in_a_file():
    for file in manifests.DEPLOY.rglob("*.yaml"):
        if "secrets" not in file.parts:
            assert not re.search(r"(PASS|PASSWORD|TOKEN|SECRET)\b.*value:", file.read_text()), file
    ignored = subprocess.run(["git", "-C", ROOT, "check-ignore", "deploy/kubernetes/overlays/dev/secrets/router.env"])
    assert ignored.returncode in (0, 128), "what make-secrets.sh makes is not committed (128: no repository here)"


def test_the_roles_name_single_resources_and_verbs():
    for one in base_objects():
        if one["kind"] == "Role":
            for rule in one["rules"]:
                assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]
                assert not {"secrets", "pods/exec", "nodes"} & set(rule["resources"])
    assert not [one for one in base_objects() if one["kind"].startswith("Cluster")], "nothing outside of the namespace"


def test_the_ports_are_those_of_the_configuration(router_config):
    [container] = dict(containers())["router"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    changed = {one["name"]: one["value"] for one in container["env"]}
    for name, key in (("rtmp", "rtmpAddress"), ("rtsp", "rtspAddress"), ("hls", "hlsAddress"), ("playback", "playbackAddress"),
                      ("api", "apiAddress"), ("metrics", "metricsAddress")):
        address = changed.get(f"MTX_{key.upper()}", router_config[key])
        assert address.startswith(":"), f"{key}: other Pods have to reach it"
        assert ports[name] == int(address.rpartition(":")[2])
    for service in ("router", "rtmp"):
        for port in named("Service", service)["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]


def test_rtmp_is_open_and_rtsp_is_not():
    assert named("Service", "rtmp")["spec"]["type"] == "LoadBalancer"
    assert [port["name"] for port in named("Service", "rtmp")["spec"]["ports"]] == ["rtmp"]
    assert named("Service", "router")["spec"]["clusterIP"] == "None" and "type" not in named("Service", "media-service")["spec"]
    rules = named("NetworkPolicy", "router")["spec"]["ingress"]
    open_to_all = [port["port"] for rule in rules if "from" not in rule for port in rule["ports"]]
    assert open_to_all == ["rtmp"]
    assert named("NetworkPolicy", "nobody")["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    for policy in ("media-service", "stream-worker"):
        assert all(rule["from"] for rule in named("NetworkPolicy", policy)["spec"]["ingress"])


def test_policies_services_and_budgets_select_pods_that_exist():
    labels = [spec_labels for spec_labels in (
        named("Deployment", "media-service")["spec"]["template"]["metadata"]["labels"],
        named("StatefulSet", "router")["spec"]["template"]["metadata"]["labels"],
        documents("worker-pod.yaml")[0]["metadata"]["labels"])]
    for one in base_objects():
        spec = one.get("spec", {})
        selector = spec.get("podSelector", {}).get("matchLabels") if one["kind"] == "NetworkPolicy" else \
            spec.get("selector", {}).get("matchLabels") if one["kind"] == "PodDisruptionBudget" else \
            spec.get("selector") if one["kind"] == "Service" else None
        if selector:
            assert any(selector.items() <= pod.items() for pod in labels), one["metadata"]["name"]


def test_media_service_knows_its_flags(bin_dir):
    [container] = dict(containers())["media-service"]["containers"]
    told = subprocess.run([bin_dir / "media-service", "--help"], capture_output=True, text=True).stdout
    for word in container["args"]:
        assert re.search(rf"{re.escape(word.partition('=')[0])}\b", told), word


def test_a_router_has_the_time_to_drain():
    pod = dict(containers())["router"]
    [container] = pod["containers"]
    drain = next(one["value"] for one in container["env"] if one["name"] == "DRAIN_TIME")
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= pause + int(drain.rstrip("s")) + 15, "hooks, sessions and files end in this time"


# What needs the programs of Kubernetes

@pytest.fixture(scope="module")
def deploy(tmp_path_factory):
    if lacking := programs.missing("kubectl"):
        pytest.skip(lacking)
    made = manifests.copy_of(tmp_path_factory.mktemp("kubernetes"))
    for overlay in manifests.OVERLAYS:
        manifests.make_secrets(made, overlay)
    return made


@pytest.fixture(scope="module")
def server(deploy, tmp_path_factory):
    if lacking := api.missing():
        pytest.skip(lacking)
    made = api.ApiServer(tmp_path_factory.mktemp("server"))
    try:
        yield made.start()
    finally:
        made.kill()


def with_components(deploy, overlay, *names):
    """A kustomization of the overlay with components, as a user writes it."""
    folder = deploy / f"test-{overlay}-{'-'.join(names)}"
    folder.mkdir(exist_ok=True)
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [f"../overlays/{overlay}"],
        "components": [f"../components/{name}" for name in names]}))
    return folder


PLURALS = {"NetworkPolicy": "networkpolicies", "Namespace": "namespaces"}


def assert_accepted(server, made):
    """Each object, also the Pods that controllers would make of it, as the API server sees it: no unknown field, no bad value, and
    nothing that the Pod security of the namespace refuses."""
    [namespace] = [one for one in made if one["kind"] == "Namespace"]
    if not server.admin.get("namespaces", namespace["metadata"]["name"]):
        server.admin.create("namespaces", namespace)
    server.admin.patch("namespaces", namespace["metadata"]["name"], {"metadata": {"labels": namespace["metadata"]["labels"]}})
    for one in made:
        resource = PLURALS.get(one["kind"], f"{one['kind'].lower()}s")
        assert resource in GROUPS, one["kind"]
        if one["kind"] in ("Namespace", "ServiceAccount") and server.admin.get(resource, one["metadata"]["name"]):
            continue
        try_out(server, resource, one)
    for name, template in manifests.templates(made):
        try_out(server, "pods", {"metadata": {**template["metadata"], "name": "tried"}, "spec": without_account(template["spec"])}, name)
    pod = manifests.worker_pod(made)
    try_out(server, "pods", {**pod, "metadata": {**pod["metadata"], "name": "tried"}, "spec": without_account(pod["spec"])}, "worker")


def without_account(spec):
    """Service accounts are not made by a dry run."""
    return {**spec, "serviceAccountName": "default"}


def try_out(server, resource, one, name=None):
    options = {"dryRun": "All", "fieldValidation": "Strict"}
    answer = server.admin.ask("POST", server.admin.path(resource), one, params=options)
    assert answer.status_code in (200, 201), f"{name or one['metadata']['name']} ({resource}): {answer.text}"


@pytest.mark.parametrize("overlay", manifests.OVERLAYS)
def test_a_real_api_server_accepts_each_object(deploy, server, overlay):
    assert_accepted(server, manifests.objects(deploy / "overlays" / overlay))


@pytest.mark.parametrize("overlay", manifests.OVERLAYS)
def test_mediamtx_takes_the_place_of_the_router_and_a_speech_service_is_added(deploy, server, overlay):
    made = manifests.objects(with_components(deploy, overlay, "mediamtx", "dub-demo"))
    assert_accepted(server, made)
    assert dict(manifests.templates(made))["StatefulSet/router"]["spec"]["containers"][0]["image"] == "tidegate/mediamtx:1.20.1"


@pytest.mark.parametrize("overlay", manifests.OVERLAYS)
def test_what_pods_name_is_there(deploy, overlay):
    """Kustomize gives ConfigMaps other names, and does not look into the worker's Pod."""
    made = manifests.objects(deploy / "overlays" / overlay)
    names = {kind: {one["metadata"]["name"] for one in made if one["kind"] == kind} for kind in ("Secret", "ConfigMap", "ServiceAccount")}
    specs = [template["spec"] for _, template in manifests.templates(made)] + [manifests.worker_pod(made)["spec"]]
    assert len(specs) == 3
    for spec in specs:
        assert spec["serviceAccountName"] in names["ServiceAccount"]
        for container in spec["containers"]:
            assert all(source["secretRef"]["name"] in names["Secret"] for source in container.get("envFrom", []))
        for volume in spec.get("volumes", []):
            if "secret" in volume:
                assert volume["secret"]["secretName"] in names["Secret"]
            if "configMap" in volume and not volume["configMap"].get("optional"):
                assert volume["configMap"]["name"] in names["ConfigMap"]


def test_production_has_replicas_and_speaks_tls_only(deploy):
    made = manifests.objects(deploy / "overlays" / "production")
    replicas = {one["metadata"]["name"]: one["spec"]["replicas"] for one in made if "replicas" in one.get("spec", {})}
    assert replicas == {"media-service": 3, "router": 3}
    [router] = dict(manifests.templates(made))["StatefulSet/router"]["spec"]["containers"]
    variables = {one["name"]: one.get("value") for one in router["env"]}
    for server in ("RTMP", "RTSP", "HLS", "API", "METRICS", "PLAYBACK"):
        assert variables[f"MTX_{server}ENCRYPTION"] in ("strict", "yes"), server
    assert variables["ORCHESTRATOR_URL"].startswith("https://")
    [rtmp] = [one for one in made if one["kind"] == "Service" and one["metadata"]["name"] == "rtmp"]
    assert [(port["port"], port["targetPort"]) for port in rtmp["spec"]["ports"]] == [(1936, "rtmp")]
    assert {port["name"]: port["containerPort"] for port in router["ports"]}["rtmp"] == 1936


def test_the_certificate_is_good_for_the_names_in_the_cluster(deploy):
    made = manifests.objects(deploy / "overlays" / "production")
    [secret] = [one for one in made if one["kind"] == "Secret" and one["metadata"]["name"] == "tls"]
    shown = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=base64.b64decode(secret["data"]["tls.crt"]),
                           capture_output=True, check=True).stdout.decode()
    for name in ("media-service", "*.router.tidegate.svc.cluster.local", manifests.PUBLIC_NAME):
        assert f"DNS:{name}" in shown
