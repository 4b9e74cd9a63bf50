"""Several replicas of media-service on this machine, of which one leads by a Lease. They share the folder with the workers' leases, so
each of them finds the workers that another one has started."""

import contextlib
import dataclasses
import itertools

from devstack import programs

from . import http
from .free_ports import free_ports
from .kube.leases import Leases
from .process import Process
from .stack import Stack
from .wait import wait_until

LEADS_SECONDS = 60  # a busy machine
_numbers = itertools.count()


class Replica:
    def __init__(self, replicas, number):
        self.replicas, self.number = replicas, number
        stack = replicas.stack
        self.port = stack.settings.service_port if number == 0 else free_ports(1)[0]
        self.way = replicas.leases.ways[number]  # to the API server
        self.process, self.starts = None, 0

    def start(self, **environment):
        stack = self.replicas.stack
        program = programs.media_service(dataclasses.replace(stack.settings, service_port=self.port))
        argv = [word for word in program.argv if word != "--stop-workers-on-exit"]
        argv += ["--leader-election", "--leader-lease", self.replicas.lease, "--advertise-url", f"http://127.0.0.1:{self.port}",
                 *self.replicas.flags]
        config = self.replicas.leases.kubeconfig(self.number, stack.work_dir / f"kubeconfig-{self.number}")
        log = stack.work_dir / f"media-service-{self.number}-{self.starts}.log"
        self.starts += 1
        self.process = Process(f"media-service-{self.number}", argv, log,
                               {**program.environment, "KUBECONFIG": str(config), "POD_NAME": f"replica-{self.number}", **environment})
        wait_until(self.answers, lambda: f"replica {self.number}:\n{self.process.log()}", LEADS_SECONDS)
        return self

    def answers(self):
        with contextlib.suppress(OSError):
            return self.get("/healthz").status == 200
        return False

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path, **options):
        return http.get(self.url(path), **options)

    def post(self, path, body=b"", **options):
        return http.request("POST", self.url(path), body, **options)

    def leads(self):
        with contextlib.suppress(OSError):
            return self.process.running() and self.get("/v1/leader").json()["leading"]
        return False

    def show(self, stream):
        reply = self.get(f"/v1/streams/{stream}")
        return reply.json() if reply.status == 200 else {}

    def metric(self, name):
        [line] = [line for line in self.get("/metrics").text().splitlines() if line.startswith(name + " ")]
        return float(line.rsplit(" ", 1)[1])


class Replicas:
    """A router and replicas. The hooks of the router go to the first replica. server: the API server, which runs."""

    def __init__(self, work_dir, server, count=2, flags=()):
        self.stack = Stack(work_dir, worker_mode="process")
        self.flags = list(flags)
        self.leases = Leases(server, ways=count)
        self.lease = f"media-service-{next(_numbers)}"  # tests share the server
        self.all = [Replica(self, number) for number in range(count)]

    def start(self):
        self.stack.start_router()
        for replica in self.all:
            replica.start()
        self.leader()
        return self

    def leader(self, unlike=None, seconds=LEADS_SECONDS):
        """The replica that leads, once all that run know it."""
        def agreed():
            leading = [replica for replica in self.all if replica is not unlike and replica.leads()]
            return leading[0] if len(leading) == 1 else None
        return wait_until(agreed, lambda: f"one leader: {self.leases.get(self.lease)}", seconds)

    def follower(self):
        leader = self.leader()
        return next(replica for replica in self.all if replica is not leader and replica.process.running())

    def stop(self):
        for replica in self.all:
            if replica.process and replica.process.running():
                replica.process.terminate()
        self.stack.stop()

    def kill(self):
        for replica in self.all:
            if replica.process:
                replica.process.kill()
        self.stack.kill()
        self.leases.close()
