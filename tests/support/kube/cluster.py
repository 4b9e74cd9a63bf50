"""A real Kubernetes of one node in namespaces of its own (box.py): etcd, API server, controller manager, scheduler, kubelet with
containerd and runc, kube-proxy and CoreDNS. Images are imported from archives; nothing comes from a registry, and no packet leaves
the box."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import requests
import yaml

from ..wait import wait_until
from . import box as boxes
from . import programs
from .client import Client
from .pki import Authority

sys.path.insert(0, str(programs.ROOT / "tools"))
import make_images  # noqa: E402

NODE, DOMAIN = "node1", "cluster.local"
PORT = 6443
SERVICES, API_ADDRESS, PODS = "10.96.0.0/24", "10.96.0.1", "10.98.0.0/16"
PLUGINS = "/usr/lib/cni"
PAUSE = "tidegate.test/pause:1"
CONTAINERD = "/run/containerd/containerd.sock"
START_SECONDS = 180     # of one program; 10 s for all on an idle machine
NEEDED = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl", "coredns", "etcd",
          "containerd", "ctr", "runc", "iptables", "conntrack")
# Its default of 20 requests a second starts its controllers one after the other.
FAST = ["--kube-api-qps=300", "--kube-api-burst=600", "--leader-elect=false", "--bind-address=127.0.0.1"]


def missing():
    """Why no cluster can run here, in one line; "" if it can."""
    lacking = programs.missing(*NEEDED) or boxes.missing()
    return lacking or ("" if Path(PLUGINS, "bridge").exists() else "missing: containernetworking-plugins (tools/deps.sh cluster)")


class Cluster:
    """`admin`: a client that may do everything. It works in the network of the box only (enter)."""

    def __init__(self, folder, namespace="tidegate"):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.box = boxes.Box(folder / "box")
        self.url = f"https://127.0.0.1:{PORT}"
        self.pki = Authority(folder / "pki")
        self._issue_certificates()
        own = self.pki.folder
        self.kubeconfig = own / "admin.kubeconfig"
        self.admin = Client(self.url, str(self.pki.file), certificate=(str(own / "admin.crt"), str(own / "admin.key")),
                            namespace=namespace)
        self.processes, self._before = {}, None

    # Starting and stopping

    def start(self):
        self.box.start()
        self._before = self.box.enter_network()
        self.start_program("etcd")
        self.start_program("containerd")
        self.start_program("kube-apiserver")
        self.wait_api()
        for name in ("kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns"):
            self.start_program(name)
        wait_until(lambda: self._answers("ctr", "version"), lambda: self.processes["containerd"].log()[-3000:], START_SECONDS, 0.1)
        self._import_pause()
        self.start_program("kubelet")
        self.wait_node()
        return self

    def wait_node(self):
        wait_until(self._node_is_ready, lambda: f"the node:\n{self.processes['kubelet'].log()[-3000:]}", START_SECONDS, 0.2)

    def kill(self):
        if self._before is not None:
            boxes.leave_network(self._before)
            self._before = None
        self.box.kill()
        for process in self.processes.values():
            process.forget()

    stop = kill

    def start_program(self, name):
        """Also again, after it was killed."""
        argv = getattr(self, f"_{name.replace('kube-', '').replace('-', '_')}")()
        self.processes[name] = self.box.start_process(name, [programs.find(argv[0]), *argv[1:]], self.folder / f"{name}.log",
                                                      {"GOMAXPROCS": "2"})

    def kill_program(self, name, number=signal.SIGKILL):
        self.processes[name].signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.processes[name].popen.wait()

    def wait_api(self):
        def ready():
            assert self.processes["kube-apiserver"].running(), self.processes["kube-apiserver"].log()[-3000:]
            try:
                return self.admin.ask("GET", "/readyz").text == "ok"
            except requests.RequestException:
                return False
        wait_until(ready, lambda: f"the API server:\n{self.processes['kube-apiserver'].log()[-3000:]}", START_SECONDS, 0.1)

    def _node_is_ready(self):
        for name, process in self.processes.items():
            assert process.running(), f"{name} has ended:\n{process.log()[-3000:]}"
        node = self.admin.get("nodes", NODE)
        default = self.admin.call("GET", "/api/v1/namespaces/default/serviceaccounts")["items"]
        return node and default and not node["spec"].get("taints") and any(
            one["type"] == "Ready" and one["status"] == "True" for one in node["status"]["conditions"])

    # For tests

    def kubectl(self, *arguments, seconds=boxes.COMMAND_SECONDS):
        return self.box.run(programs.find("kubectl"), *arguments, seconds=seconds, environment=self.environment())

    def environment(self):
        return self.box.environment({"KUBECONFIG": str(self.kubeconfig)})

    def import_images(self, archive):
        self.box.run(programs.find("ctr"), "-a", CONTAINERD, "-n", "k8s.io", "images", "import", archive, seconds=600)

    def logs(self, pod, *options):
        return self.kubectl("-n", self.admin.namespace, "logs", pod, *options)

    def _answers(self, *argv):
        return subprocess.run(self.box.entered([programs.find(argv[0]), "-a", CONTAINERD, *argv[1:]]),
                              capture_output=True).returncode == 0

    def _import_pause(self):
        program, archive = self.folder / "pause", self.folder / "pause.tar"
        subprocess.run(["clang-19", "-Os", "-static", "-s", "-o", program, Path(__file__).with_name("pause.c")], check=True)
        make_images.write(archive, [make_images.Image(PAUSE, ("pause",), folder=".")], {"pause": program})
        self.import_images(archive)

    # The programs' command lines and files

    def _issue_certificates(self):
        issue = self.pki.issue
        issue("apiserver", "kube-apiserver", names=("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"),
              addresses=("127.0.0.1", boxes.ADDRESS, API_ADDRESS))
        issue("apiserver-kubelet", "apiserver-kubelet", groups=("system:masters",))
        issue("admin", "admin", groups=("system:masters",))
        issue("dns", "dns", groups=("system:masters",))
        for name in ("controller-manager", "scheduler", "proxy"):
            issue(name, f"system:kube-{name}")
        issue("kubelet", f"system:node:{NODE}", groups=("system:nodes",))
        issue("kubelet-server", f"system:node:{NODE}", groups=("system:nodes",), names=(NODE,), addresses=(boxes.ADDRESS,))
        for name in ("admin", "dns", "controller-manager", "scheduler", "proxy", "kubelet"):
            self.pki.kubeconfig(name, self.url)
        self.token_key, self.token_public = self.pki.service_account_keys()

    def _file(self, name, content):
        file = self.folder / name
        file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return file

    def _etcd(self):
        client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
        return ["etcd", "--data-dir=/run/etcd", f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}"]

    def _apiserver(self):
        own = self.pki.folder
        return ["kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--bind-address=0.0.0.0", f"--secure-port={PORT}",
                f"--advertise-address={boxes.ADDRESS}", f"--service-cluster-ip-range={SERVICES}", f"--client-ca-file={own}/ca.crt",
                f"--tls-cert-file={own}/apiserver.crt", f"--tls-private-key-file={own}/apiserver.key",
                f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
                f"--service-account-key-file={self.token_public}", f"--service-account-signing-key-file={self.token_key}",
                "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
                f"--kubelet-client-certificate={own}/apiserver-kubelet.crt", f"--kubelet-client-key={own}/apiserver-kubelet.key",
                f"--kubelet-certificate-authority={own}/ca.crt", "--kubelet-preferred-address-types=InternalIP", "--profiling=false"]

    def _controller_manager(self):
        return ["kube-controller-manager", f"--kubeconfig={self.pki.folder}/controller-manager.kubeconfig",
                f"--root-ca-file={self.pki.file}", f"--service-account-private-key-file={self.token_key}",
                "--use-service-account-credentials=true", "--profiling=false", *FAST]

    def _scheduler(self):
        return ["kube-scheduler", f"--kubeconfig={self.pki.folder}/scheduler.kubeconfig", "--profiling=false", *FAST]

    def _proxy(self):
        return ["kube-proxy", f"--kubeconfig={self.pki.folder}/proxy.kubeconfig", "--proxy-mode=iptables",
                f"--hostname-override={NODE}", f"--cluster-cidr={PODS}", f"--bind-address={boxes.ADDRESS}",
                # These sysctls cannot be written in a namespace.
                "--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0"]

    def _coredns(self):
        corefile = self._file("Corefile", f".:53 {{\n  ready 127.0.0.1:8181\n  errors\n  kubernetes {DOMAIN} {{\n"
                                          f"    kubeconfig {self.pki.folder}/dns.kubeconfig\n  }}\n}}\n")
        return ["coredns", "-conf", str(corefile)]

    def _containerd(self):
        networks = self.folder / "networks"
        networks.mkdir(exist_ok=True)
        (networks / "10-pods.conflist").write_text(json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [
            {"type": "bridge", "bridge": "pods0", "isGateway": True, "ipMasq": False, "hairpinMode": True,
             "ipam": {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/run/pods"}},
            {"type": "portmap", "capabilities": {"portMappings": True}}]}))
        file = self._file("containerd.toml", f"""version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [{", ".join(f'"io.containerd.{name}"' for name in (
    "snapshotter.v1.aufs", "snapshotter.v1.btrfs", "snapshotter.v1.devmapper", "snapshotter.v1.zfs", "internal.v1.opt"))}]
[grpc]
  address = "{CONTAINERD}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  # Without CAP_SYS_RESOURCE runc cannot make a process less likely to be killed, and starts none.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{PLUGINS}"
    conf_dir = "{networks}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
""")
        return ["containerd", "-c", str(file)]

    def _kubelet(self):
        own = self.pki.folder
        file = self._file("kubelet.yaml", {
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": str(self.pki.file)}},
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": f"{own}/kubelet-server.crt", "tlsPrivateKeyFile": f"{own}/kubelet-server.key",
            "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
            "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{self.box.cgroup}", "failCgroupV1": False, "failSwapOn": False,
            "makeIPTablesUtilChains": False, "resolvConf": "", "clusterDomain": DOMAIN, "clusterDNS": [boxes.ADDRESS],
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            # The imported images cannot be had again.
            "imageGCHighThresholdPercent": 100, "imageMinimumGCAge": "24h",
            "oomScoreAdj": 0, "maxOpenFiles": 20000, "maxPods": 100, "nodeStatusUpdateFrequency": "5s"})
        return ["kubelet", f"--config={file}", f"--kubeconfig={own}/kubelet.kubeconfig", f"--hostname-override={NODE}",
                f"--node-ip={boxes.ADDRESS}"]
