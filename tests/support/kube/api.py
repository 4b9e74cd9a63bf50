"""etcd and a Kubernetes API server, alone: no root, no namespace, no node. Pods are objects that nobody runs; kubelet.py plays one.

programs.py says where the programs come from.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import requests
import yaml

from .. import tls
from ..free_ports import free_ports
from ..process import Process
from ..wait import wait_until
from . import programs
from .client import ApiError, Client

READY_SECONDS = 120  # 5 s on an idle machine
TOKEN_SECONDS = 3600
HOST = "127.0.0.1"


def missing():
    """Why no API server can run here, in one line; "" if it can."""
    return programs.missing("kube-apiserver", "etcd", "openssl")


class ApiServer:
    """`admin` is a client that may do everything, in the namespace of this server's tests."""

    def __init__(self, folder, namespace="tidegate", flags=()):
        """flags: more of them for kube-apiserver."""
        self.folder, self.namespace, self.flags = folder, namespace, list(flags)
        folder.mkdir(exist_ok=True)
        self.port, self.etcd_port, self.peer_port = free_ports(3)
        self.url = f"https://{HOST}:{self.port}"
        self.certificate = tls.make_certificate(folder, "localhost", (HOST, "10.96.0.1"), stem="apiserver")
        self.ca_file = self.certificate.crt
        # In memory: etcd waits for the disk after each write.
        self.data = Path(tempfile.mkdtemp(prefix="tidegate-etcd-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
        admin_token = secrets.token_hex(16)
        self.tokens = folder / "tokens.csv"
        self.tokens.touch(0o600)
        self.tokens.write_text(f'{admin_token},admin,1,"system:masters"\n')
        self.service_account_key = folder / "service-accounts.key"
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", self.service_account_key], check=True, capture_output=True)
        self.admin = Client(self.url, str(self.ca_file), admin_token, namespace=namespace)
        self.etcd = self.apiserver = None

    # Starting and stopping

    def start(self):
        self.start_etcd()
        self.start_apiserver()
        self._make_namespace()
        return self

    def start_etcd(self):
        client, peer = (f"http://{HOST}:{port}" for port in (self.etcd_port, self.peer_port))
        argv = [programs.find("etcd"), "--data-dir", str(self.data / "etcd"), "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]
        self.etcd = Process("etcd", argv, self.folder / "etcd.log")

    def start_apiserver(self):
        argv = [programs.find("kube-apiserver"), f"--etcd-servers=http://{HOST}:{self.etcd_port}", f"--bind-address={HOST}",
                f"--secure-port={self.port}", f"--advertise-address={HOST}", "--endpoint-reconciler-type=none",
                f"--cert-dir={self.folder / 'made'}", f"--tls-cert-file={self.certificate.crt}",
                f"--tls-private-key-file={self.certificate.key}", "--service-cluster-ip-range=10.96.0.0/24",
                f"--token-auth-file={self.tokens}", "--authorization-mode=RBAC", "--profiling=false",
                "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={self.service_account_key}",
                f"--service-account-signing-key-file={self.service_account_key}", *self.flags]
        self.apiserver = Process("kube-apiserver", argv, self.folder / "kube-apiserver.log")
        self.wait_ready()

    def is_ready(self):
        assert self.apiserver.running(), self.apiserver.log()[-3000:]
        try:
            return self.admin.ask("GET", "/readyz").text == "ok"
        except requests.RequestException:
            return False

    def wait_ready(self):
        wait_until(self.is_ready, lambda: f"the API server is ready:\n{self.apiserver.log()[-3000:]}", READY_SECONDS, 0.1)

    def _make_namespace(self):
        """The namespace, with the service account that each Pod gets. Otherwise the controller manager makes that one."""
        if not self.admin.get("namespaces", self.namespace):
            self.admin.create("namespaces", {"metadata": {"name": self.namespace}})
        if not self.admin.get("serviceaccounts", "default"):
            self.admin.create("serviceaccounts", {"metadata": {"name": "default"}})
        # The admission of Pods knows the service account some moments later.
        probe = {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
        wait_until(lambda: self._admitted(probe), "Pods are admitted", READY_SECONDS, 0.1)
        self.admin.delete("pods", "probe", grace=0)

    def _admitted(self, pod):
        try:
            return self.admin.create("pods", pod)
        except ApiError as error:
            if error.status != 403:
                raise
            return None

    def kill_apiserver(self):
        """As a crash: watches break off, and connections are refused until start_apiserver()."""
        self.apiserver.kill()

    def freeze(self):
        """Connections are accepted, and nothing is answered, until thaw()."""
        self.apiserver.signal(signal.SIGSTOP)

    def thaw(self):
        self.apiserver.signal(signal.SIGCONT)

    def stop(self):
        self.kill()

    def kill(self):
        for process in (self.apiserver, self.etcd):
            if process:
                process.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    # For tests

    def compact(self):
        """Forgets the history: a watch that begins before now gets 410, Expired."""
        version = self.admin.whole_list("pods")["metadata"]["resourceVersion"]
        done = subprocess.run([programs.find("etcdctl"), f"--endpoints=http://{HOST}:{self.etcd_port}", "compact", version],
                              env={**os.environ, "ETCDCTL_API": "3"}, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def make_service_account(self, name, rules):
        """A service account with a Role of its own. Returns a client with a token of it."""
        if not self.admin.get("serviceaccounts", name):
            self.admin.create("serviceaccounts", {"metadata": {"name": name}})
            self.admin.create("roles", {"metadata": {"name": name}, "rules": rules})
            self.admin.create("rolebindings", {
                "metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self.namespace}]})
        return Client(self.url, str(self.ca_file), self.token_of(name), namespace=self.namespace)

    def token_of(self, service_account):
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": TOKEN_SECONDS}}
        return self.admin.create("serviceaccounts", request, service_account, "token")["status"]["token"]

    def in_cluster(self, client, folder):
        """What a program finds in a Pod: the folder with token, ca.crt and namespace, and the environment."""
        folder.mkdir(exist_ok=True)
        for name, text in (("token", client.token), ("namespace", client.namespace), ("ca.crt", self.ca_file.read_text())):
            file = folder / name
            file.touch(0o600)
            file.write_text(text)
        return {"KUBERNETES_SERVICE_HOST": HOST, "KUBERNETES_SERVICE_PORT": str(self.port)}

    def kubeconfig(self, file, client=None):
        """Writes a kubeconfig with the token of a client (the administrator's by default). Returns its path."""
        client = client or self.admin
        file.touch(0o600)
        file.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url, "certificate-authority": str(self.ca_file)}}],
            "users": [{"name": "test", "user": {"token": client.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": client.namespace}}]}))
        return file
