"""The overlay for production on a real cluster: TLS on every port, passwords, tokens and signed hooks, with three replicas of each."""

import base64
import json
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml
from support.kube import manifests
from support.kube.deployed import GONE_SECONDS, NAME, ROLLOUT_SECONDS
from support.kube.services import is_open, wait_open
from support.wait import wait_until

SECONDS = 120
CPU = json.dumps([{"op": "replace", "path": "/spec/template/spec/containers/0/resources/requests/cpu", "value": "20m"}])


class Production:
    """What the operator of the overlay has: addresses, the authority, and the passwords of clients.env."""

    def __init__(self, cluster, deploy, components):
        self.cluster, self.api = cluster, cluster.admin
        manifests.make_secrets(deploy, "production")
        self.folder = deploy / "tried-production"
        self.folder.mkdir(exist_ok=True)
        # The node has two processors.
        small = [{"target": {"kind": kind}, "patch": CPU} for kind in ("Deployment", "StatefulSet")]
        (self.folder / "kustomization.yaml").write_text(yaml.safe_dump({
            "resources": ["../overlays/production"], "components": [f"../components/{name}" for name in components], "patches": small}))
        made = deploy / "overlays" / "production" / "secrets" / "secure"
        self.authority = made / "tls" / "ca.pem"
        self.clients = dict(line.split("=", 1) for line in (made / "clients.env").read_text().splitlines())

    def start(self):
        self.cluster.kubectl("apply", "-k", self.folder)
        for what in ("statefulset/router", "deployment/media-service"):
            self.cluster.kubectl("-n", self.api.namespace, "rollout", "status", what, f"--timeout={ROLLOUT_SECONDS}s",
                                 seconds=ROLLOUT_SECONDS + 30)
        wait_open(self.address("rtmp"), 1936, "the Service rtmp")

    def kill(self):
        self.cluster.kubectl("delete", "namespace", self.api.namespace, "--ignore-not-found", "--wait", f"--timeout={GONE_SECONDS}s",
                             seconds=GONE_SECONDS + 30)

    def address(self, service):
        return self.api.get("services", service)["spec"]["clusterIP"]

    def login(self, who):
        return self.clients[f"{who}_USER"], self.clients[f"{who}_PASSWORD"]

    def ask(self, path, token=True):
        """(status, body) of media-service. Its certificate is checked, for the name that Pods call it by."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.check_hostname = False  # the address does not stand in it; names are checked below
        headers = {"Authorization": f"Bearer {self.clients['SERVICE_TOKEN']}"} if token else {}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(urllib.request.Request(f"https://{self.address('media-service')}:8080{path}", headers=headers), timeout=20) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as reply:
            return reply.code, reply.read()
        except OSError as error:
            return 0, str(error).encode()

    def show(self, stream):
        status, body = self.ask(f"/v1/streams/{stream}")
        return json.loads(body) if status == 200 else {}

    def routers(self):
        return {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in self.api.list("pods", f"{NAME}=router")}

    def paths(self):
        """{path: address of its router} of all that are ready."""
        secret = self.api.get("secrets", "media-service")["data"]
        user, password = (base64.b64decode(secret[key]).decode() for key in ("ROUTER_API_USER", "ROUTER_API_PASSWORD"))
        found = {}
        for address in self.routers().values():
            done = subprocess.run(["curl", "-sk", "--max-time", "10", "-K", "-", f"https://{address}:9997/v3/paths/list"],
                                  input=f'user = "{user}:{password}"\n', capture_output=True, text=True)
            found |= {item["name"]: address for item in json.loads(done.stdout or '{"items": []}')["items"] if item["ready"]}
        return found


@pytest.fixture(scope="module")
def production(cluster, deploy, router_components):
    made = Production(cluster, deploy, router_components)
    try:
        made.start()
        yield made
    finally:
        made.kill()


def test_a_stream_comes_out_over_tls(production, publish, stream):
    user, password = production.login("PUBLISHER")
    publish(f"rtmps://{production.address('rtmp')}:1936/live/{stream}/in?user={user}&pass={password}")
    wait_until(lambda: production.show(stream).get("output", {}).get("readable"),
               lambda: f"{production.show(stream)}", SECONDS, 0.2)
    user, password = production.login("VIEWER")
    address = wait_until(lambda: production.paths().get(f"live/{stream}/out"), "the output's router", SECONDS, 0.2)
    done = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
                           f"rtsps://{user}:{password}@{address}:8322/live/{stream}/out"], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["h264", "aac"], done.stderr


def test_nobody_publishes_without_a_password(production, publish, stream):
    stranger = publish(f"rtmps://{production.address('rtmp')}:1936/live/{stream}/in")
    wait_until(lambda: not stranger.running(), "it is refused", SECONDS)
    assert f"live/{stream}/in" not in production.paths()


def test_nobody_asks_without_a_token(production):
    assert production.ask("/v1/streams", token=False)[0] == 401
    assert production.ask("/v1/streams")[0] == 200


def test_no_port_speaks_in_clear(production):
    for address in production.routers().values():
        assert not is_open(address, 1935) and not is_open(address, 8554)
        for port in (8888, 9996, 9997, 9998):
            done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", f"http://{address}:{port}/"],
                                  capture_output=True, text=True)
            assert done.stdout in ("000", "400"), f"{port}: {done.stdout}"


def test_the_names_of_the_cluster_stand_in_the_certificates(production):
    [name, address] = next(iter(production.routers().items()))
    for host, where, port in (("media-service", production.address("media-service"), 8080), (f"{name}.router.tidegate", address, 9997)):
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{ssl_verify_result}", "--cacert", production.authority, "--resolve",
                               f"{host}:{port}:{where}", f"https://{host}:{port}/"], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "0"), host


def test_the_replicas_have_one_leader(production):
    lease = production.api.get("leases", "media-service")
    names = {pod["metadata"]["name"] for pod in production.api.list("pods", f"{NAME}=media-service")}
    assert len(names) == 3 and any(name in lease["spec"]["holderIdentity"] for name in names)
