"""A Kubernetes API server that knows Lease objects only, as a real one of version 1.34 answers (tests/cluster holds it against one).

It has several doors, each with a port of its own, and each door can be shut: so some of its clients can be cut off.
"""

import json
import re
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .wait import wait_until

PATH = re.compile(r"^/apis/coordination\.k8s\.io/v1/namespaces/([a-z0-9-]+)/leases(?:/([a-z0-9.-]+))?$")
MICRO_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$")
BODY_LIMIT = 1 << 20


class LeaseServer:
    def __init__(self, doors=1):
        self.lock = threading.Condition()
        self.leases = {}     # (namespace, name): object
        self.history = []    # (version, event type, object): what watches see
        self.version = 1
        self.writes = []     # (holder, verb) of each write that was carried out
        self.doors = [Door(self) for _ in range(doors)]

    def holder(self, name, namespace="media"):
        lease = self.leases.get((namespace, name))
        return lease and lease["spec"].get("holderIdentity") or None

    def wait_holder(self, name, unlike=None, seconds=30):
        wait_until(lambda: self.holder(name) not in (None, unlike), lambda: f"a holder of {name}: {self.leases}", seconds)
        return self.holder(name)

    def close(self):
        for door in self.doors:
            door.close()

    def carry_out(self, method, namespace, name, body):
        """(status, object). With the lock."""
        key = (namespace, name or body.get("metadata", {}).get("name"))
        old = self.leases.get(key)
        if method == "GET":
            return (200, old) if old else status(404, "NotFound", f'leases.coordination.k8s.io "{key[1]}" not found')
        if method == "POST":
            if old:
                return status(409, "AlreadyExists", f'leases.coordination.k8s.io "{key[1]}" already exists')
            return self.store(key, body, {"uid": str(uuid.uuid4())}, "ADDED", 201)
        if not old:
            return status(404, "NotFound", f'leases.coordination.k8s.io "{key[1]}" not found')
        if method == "DELETE":
            return self.delete(key, old, body.get("preconditions") or {})
        version = body.get("metadata", {}).get("resourceVersion")
        if not version:
            return status(422, "Invalid", "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update")
        uid = body["metadata"].get("uid")
        if version != old["metadata"]["resourceVersion"] or (uid and uid != old["metadata"]["uid"]):
            return status(409, "Conflict", "the object has been modified; please apply your changes to the latest version")
        return self.store(key, body, {"uid": old["metadata"]["uid"]}, "MODIFIED", 200)

    def store(self, key, body, metadata, event, code):
        for field in ("acquireTime", "renewTime"):
            value = body.get("spec", {}).get(field)
            if value and not MICRO_TIME.match(value):
                return status(400, "BadRequest", f'parsing time "{value}" as "2006-01-02T15:04:05.000000Z07:00"')
        self.version += 1
        stored = {**body, "metadata": {**body["metadata"], **metadata, "namespace": key[0], "resourceVersion": str(self.version)}}
        self.leases[key] = stored
        self.note(event, stored)
        self.writes.append((stored["spec"].get("holderIdentity"), event))
        return code, stored

    def delete(self, key, old, conditions):
        for condition, value in conditions.items():
            if old["metadata"].get(condition) != value:
                return status(409, "Conflict", f"Precondition failed: {condition}")
        self.version += 1
        del self.leases[key]
        self.note("DELETED", {**old, "metadata": {**old["metadata"], "resourceVersion": str(self.version)}})
        self.writes.append((old["spec"].get("holderIdentity"), "DELETED"))
        return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}

    def note(self, event, lease):
        self.history.append((self.version, event, lease))
        self.lock.notify_all()


class Door:
    """A port. `shut`: what arrives is read and never answered, and watches say nothing; as with a cut cable."""

    def __init__(self, server):
        self.server, self.shut, self.closed = server, False, False
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.closed = True
        with self.server.lock:
            self.server.lock.notify_all()
        self.http.shutdown()
        self.http.server_close()

    def kubeconfig(self, path, namespace="media"):
        """Writes one that leads here, and returns its path."""
        path.write_text(json.dumps({  # JSON is YAML
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url}}],
            "users": [{"name": "test", "user": {"token": "test-token"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": namespace}}]}))
        return path


def status(code, reason, message):
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code}


def _handler(door):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def serve(self):
            length = min(int(self.headers.get("Content-Length") or 0), BODY_LIMIT)
            body = json.loads(self.rfile.read(length) or b"{}")
            target = urlsplit(self.path)
            found = PATH.match(target.path)
            if self.hang():
                return
            if self.headers.get("Authorization") != "Bearer test-token":
                return self.answer(*status(401, "Unauthorized", "Unauthorized"))
            if not found:
                return self.answer(*status(404, "NotFound", "the server could not find the requested resource"))
            query = {key: values[0] for key, values in parse_qs(target.query).items()}
            if self.command == "GET" and not found[2]:
                return self.watch(found[1], query) if query.get("watch") else self.list(found[1], query)
            with door.server.lock:
                answer = door.server.carry_out(self.command, found[1], found[2], body)
            if not self.hang():
                self.answer(*answer)

        do_GET = do_POST = do_PUT = do_DELETE = serve

        def hang(self):
            """True: nothing is to be answered."""
            if not door.shut:
                return False
            wait_until(lambda: not door.shut or door.closed, "the door", 600)
            self.close_connection = True
            return True

        def answer(self, code, body):
            text = json.dumps(body).encode()
            try:
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except OSError:
                self.close_connection = True

        def wanted(self, lease, namespace, query):
            metadata = lease["metadata"]
            fields = dict(pair.split("=") for pair in query.get("fieldSelector", "").split(",") if pair)
            labels = dict(pair.split("=") for pair in query.get("labelSelector", "").split(",") if pair)
            return (metadata["namespace"] == namespace and fields.get("metadata.name", metadata["name"]) == metadata["name"]
                    and all(metadata.get("labels", {}).get(key) == value for key, value in labels.items()))

        def list(self, namespace, query):
            with door.server.lock:
                items = [lease for lease in door.server.leases.values() if self.wanted(lease, namespace, query)]
                version = str(door.server.version)
            self.answer(200, {"kind": "LeaseList", "apiVersion": "coordination.k8s.io/v1",
                              "metadata": {"resourceVersion": version}, "items": items})

        def watch(self, namespace, query):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            seen = int(query.get("resourceVersion") or 0)
            while not door.closed:
                with door.server.lock:
                    news = [(version, event, lease) for version, event, lease in door.server.history if version > seen]
                    if not news:
                        door.server.lock.wait(1)
                if self.hang():
                    return
                for version, event, lease in news:
                    seen = version
                    if self.wanted(lease, namespace, query):
                        line = json.dumps({"type": event, "object": lease}).encode() + b"\n"
                        try:
                            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                        except OSError:
                            return

    return Handler
