"""Tidegate as an overlay deploys it on a Cluster, and what tests ask of it. All addresses are those that the cluster gives."""

import base64

import yaml

from .. import http
from ..wait import wait_until
from . import box, manifests
from .services import wait_open

ROLLOUT_SECONDS = 240   # probes, Leases and a busy machine take their time
GONE_SECONDS = 240
SECONDS = 90
RTMP_NODE_PORT = 31935  # overlays/dev
NAME = "app.kubernetes.io/name"
LEASE = "media-service"
STREAM = "tidegate/stream"  # the annotation of a worker's Pod


class Deployed:
    """deploy: a copy of deploy/kubernetes (manifests.copy_of)."""

    def __init__(self, cluster, deploy, replicas=None, components=(), patches=()):
        """replicas: {"media-service": 3, "router": 2}; those of the overlay dev otherwise. patches: as a kustomization has them."""
        self.cluster, self.api, self.deploy = cluster, cluster.admin, deploy
        self.folder = deploy / "tried"
        self.folder.mkdir(exist_ok=True)
        manifests.make_secrets(deploy, "dev")
        (self.folder / "kustomization.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["../overlays/dev"],
            "components": [f"../components/{name}" for name in components], "patches": list(patches),
            "replicas": [{"name": name, "count": count} for name, count in (replicas or {}).items()]}))

    def start(self):
        self.cluster.kubectl("apply", "-k", self.folder)
        self.wait_rolled_out()
        # kube-proxy learns some moments later which Pods are ready.
        wait_open(box.ADDRESS, RTMP_NODE_PORT, "the port of RTMP")
        wait_open(self.service_address("media-service"), 8080, "the Service media-service")
        return self

    def wait_rolled_out(self):
        for what in ("statefulset/router", "deployment/media-service"):
            self.cluster.kubectl("-n", self.api.namespace, "rollout", "status", what, f"--timeout={ROLLOUT_SECONDS}s",
                                 seconds=ROLLOUT_SECONDS + 30)

    def kill(self):
        """Removes all, and waits until it has gone."""
        self.cluster.kubectl("delete", "namespace", self.api.namespace, "--ignore-not-found", "--wait", f"--timeout={GONE_SECONDS}s",
                             seconds=GONE_SECONDS + 30)

    stop = kill

    # What is there

    def pods(self, program):
        """Those that have not ended, in the order of their names."""
        found = self.api.list("pods", f"{NAME}={program}")
        return sorted((pod for pod in found if pod["status"].get("phase") not in ("Succeeded", "Failed")),
                      key=lambda pod: pod["metadata"]["name"])

    def worker(self, stream):
        """The Pod of the stream's worker. None if there is none; more than one is an error."""
        found = [pod for pod in self.pods("stream-worker") if pod["metadata"].get("annotations", {}).get(STREAM) == stream]
        assert len(found) <= 1, [pod["metadata"]["name"] for pod in found]
        return found[0] if found else None

    def leader(self):
        """The Pod of the replica that acts. None: nobody does, or its Pod has gone."""
        lease = self.api.get("leases", LEASE)
        holder = lease and lease["spec"].get("holderIdentity")
        return next((pod for pod in self.pods("media-service") if holder and pod["metadata"]["name"] in holder), None)

    def service_address(self, name):
        return self.api.get("services", name)["spec"]["clusterIP"]

    def secret(self, name):
        return {key: base64.b64decode(value).decode() for key, value in self.api.get("secrets", name)["data"].items()}

    # Asking media-service and the routers

    def ask(self, path, method="GET", body=None):
        """Any replica of media-service."""
        return http.request(method, f"http://{self.service_address('media-service')}:8080{path}", body)

    def show(self, stream):
        """The stream as media-service shows it. {} if it does not know the stream, or nobody answers."""
        try:
            reply = self.ask(f"/v1/streams/{stream}")
        except OSError:
            return {}
        return reply.json() if reply.status == 200 else {}

    def routers(self):
        """{name: address} of those that have one."""
        return {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in self.pods("router") if pod["status"].get("podIP")}

    def paths(self):
        """{path: (name of the router, item of its list)} of all that are ready."""
        login = self.secret("media-service")
        token = base64.b64encode(f"{login['ROUTER_API_USER']}:{login['ROUTER_API_PASSWORD']}".encode()).decode()
        found = {}
        for name, address in self.routers().items():
            try:
                reply = http.get(f"http://{address}:9997/v3/paths/list?itemsPerPage=1000", headers={"Authorization": f"Basic {token}"})
            except OSError:  # it begins, or ends
                continue
            found |= {item["name"]: (name, item) for item in reply.json()["items"] if item["ready"]}
        return found

    # Streams

    def publish_url(self, stream, query=""):
        return f"rtmp://{box.ADDRESS}:{RTMP_NODE_PORT}/live/{stream}/in" + (f"?{query}" if query else "")

    def out_url(self, stream):
        """Of the router that has the output; waits for it."""
        name, _ = wait_until(lambda: self.paths().get(f"live/{stream}/out"), lambda: f"the output of {stream}: {self.show(stream)}",
                             SECONDS, 0.2)
        return f"rtsp://{self.routers()[name]}:8554/live/{stream}/out"

    def wait_readable(self, stream, seconds=SECONDS):
        """Until media-service says so, too."""
        wait_until(lambda: self.show(stream).get("output", {}).get("readable"),
                   lambda: f"{stream} with a readable output: {self.show(stream)}\n{self.report()}", seconds, 0.2)

    def report(self):
        """For a failed test: all Pods, what happened to them, where the Services lead, and the last lines of the programs."""
        def shown(*words):
            return self.cluster.kubectl("-n", self.api.namespace, *words)
        of_routers, others = [], []
        for line in shown("get", "events", "--sort-by=.lastTimestamp").splitlines():
            # Those of workers are many, and would hide those of routers.
            (of_routers if "/router-" in line else others).append(line)
        turned = [f"{pod['metadata']['name']} {condition['type']}={condition['status']} since {condition['lastTransitionTime']}"
                  for pod in self.pods("router") for condition in pod["status"].get("conditions", []) if condition["type"] == "Ready"]
        logs = [shown("logs", "-l", f"{NAME}={name}", "--tail=15", "--prefix") for name in ("media-service", "router")]
        return "\n".join([shown("get", "pods", "-o", "wide"), shown("get", "endpointslices"), *turned, *of_routers[-20:], *others[-20:], *logs])
