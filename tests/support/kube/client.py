"""A small client of the Kubernetes API: JSON over HTTPS. It knows the resources that the tests use.

Each call makes a connection of its own, so several threads may share a client, and an API server that was replaced is no matter.
"""

import json
from dataclasses import dataclass

import requests

SECONDS = 20          # for one answer; a loaded API server needs several
WATCH_SECONDS = 300   # the API server ends a watch after this time
CORE, APPS, POLICY = "/api/v1", "/apis/apps/v1", "/apis/policy/v1"
GROUPS = {
    **dict.fromkeys(("pods", "services", "configmaps", "secrets", "serviceaccounts", "events", "endpoints", "nodes", "namespaces"), CORE),
    **dict.fromkeys(("deployments", "statefulsets", "replicasets"), APPS),
    "poddisruptionbudgets": POLICY,
    "leases": "/apis/coordination.k8s.io/v1",
    "endpointslices": "/apis/discovery.k8s.io/v1",
    "networkpolicies": "/apis/networking.k8s.io/v1",
    **dict.fromkeys(("roles", "rolebindings", "clusterroles", "clusterrolebindings"), "/apis/rbac.authorization.k8s.io/v1"),
}
WITHOUT_NAMESPACE = {"nodes", "namespaces", "clusterroles", "clusterrolebindings"}
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"


class ApiError(AssertionError):
    """The API server refused: `status` is the HTTP status, `reason` the word of its Status object (such as AlreadyExists)."""

    def __init__(self, what, answer):
        try:
            said = answer.json()
        except ValueError:
            said = {}
        self.status, self.reason, self.message = answer.status_code, said.get("reason", ""), said.get("message", answer.text)
        super().__init__(f"{what}: {self.status} {self.reason}: {self.message}")


@dataclass(frozen=True)
class Client:
    url: str
    ca_file: str
    token: str = ""
    certificate: tuple = ()     # (file of the certificate, file of the key) instead of a token
    namespace: str = "default"

    def path(self, resource, name=None, subresource=None):
        place = "" if resource in WITHOUT_NAMESPACE else f"/namespaces/{self.namespace}"
        return "/".join(filter(None, (f"{GROUPS[resource]}{place}/{resource}", name, subresource)))

    def ask(self, method, path, body=None, content_type="application/json", seconds=SECONDS, **options):
        """The answer, whatever its status is. Raises requests.RequestException if there is none."""
        headers = {"Content-Type": content_type, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        session = requests.Session()
        session.trust_env = False  # no proxy, and no other file of CAs
        return session.request(method, self.url + path, headers=headers, verify=self.ca_file, cert=self.certificate or None,
                               data=None if body is None else json.dumps(body), timeout=seconds, **options)

    def call(self, method, path, body=None, **options):
        """The object of the answer. Raises ApiError if the API server refuses."""
        answer = self.ask(method, path, body, **options)
        if answer.status_code >= 300:
            raise ApiError(f"{method} {path}", answer)
        return answer.json()

    def get(self, resource, name, subresource=None):
        """The object. None if there is none."""
        try:
            return self.call("GET", self.path(resource, name, subresource))
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def list(self, resource, selector=""):
        return self.whole_list(resource, selector)["items"]

    def whole_list(self, resource, selector=""):
        """The list with its resourceVersion."""
        return self.call("GET", self.path(resource), params={"labelSelector": selector} if selector else None)

    def create(self, resource, body, name=None, subresource=None):
        return self.call("POST", self.path(resource, name, subresource), body)

    def patch(self, resource, name, body, subresource=None, content_type=MERGE):
        return self.call("PATCH", self.path(resource, name, subresource), body, content_type=content_type)

    def delete(self, resource, name, grace=None):
        """Returns what the API server says; None if there is nothing of this name."""
        options = {} if grace is None else {"params": {"gracePeriodSeconds": grace}}
        try:
            return self.call("DELETE", self.path(resource, name), **options)
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def watch(self, resource, version, selector="", seconds=WATCH_SECONDS):
        """Yields (type, object) until the API server ends the watch. An ERROR is yielded like others."""
        options = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": seconds,
                   **({"labelSelector": selector} if selector else {})}
        with self.ask("GET", self.path(resource), params=options, stream=True, seconds=(SECONDS, seconds + SECONDS)) as answer:
            if answer.status_code != 200:
                raise ApiError(f"watch of {resource}", answer)
            for line in answer.iter_lines(chunk_size=None):
                if line:
                    event = json.loads(line)
                    yield event["type"], event["object"]
