"""An API server in this process, for test runs without the programs of Kubernetes: Pods and Leases, lists in pages, watches, deletion
with grace. It does what kube-apiserver 1.34 was seen to do; the tests that use it also run with the real one, which keeps it honest.
"""

import base64
import copy
import json
import re
import secrets
import socket
import ssl
import threading
import time
import uuid
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import yaml

from .. import tls
from ..free_ports import free_ports
from .client import Client

HOST = "127.0.0.1"
BOOKMARK_SECONDS = 1  # the real one sends about one a minute
DEFAULT_GRACE = 30
MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
PATH = re.compile(r"/(?:api/v1|apis/coordination\.k8s\.io/v1)/namespaces/([a-z0-9-]+)/(pods|leases|secrets)(?:/([^/]+))?(?:/(status|binding))?")
KINDS = {"pods": ("v1", "Pod"), "secrets": ("v1", "Secret"), "leases": ("coordination.k8s.io/v1", "Lease")}


class Refused(Exception):
    def __init__(self, code, reason, message):
        self.status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
                       "code": code}


def stamp(ahead=0):
    return (datetime.now(timezone.utc) + timedelta(seconds=ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def merged(old, new):
    """A strategic merge patch: maps are merged, null takes out, lists of things with a type or a name are merged by it."""
    if isinstance(old, dict) and isinstance(new, dict):
        result = {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
        return {key: value for key, value in result.items() if value is not None}
    key = next((k for k in ("type", "name") if isinstance(new, list) and new and isinstance(new[0], dict) and k in new[0]), None)
    if key and isinstance(old, list):
        known = {item[key]: item for item in old}
        return list({**known, **{item[key]: merged(known.get(item[key], {}), item) for item in new}}.values())
    return merged({}, new) if isinstance(new, dict) else new


def selects(selector, fields, thing):
    labels = thing["metadata"].get("labels", {})
    by_label = all(labels.get(key) == value for key, value in (term.split("=") for term in selector.split(",") if term))
    return by_label and (not fields or fields == f"metadata.name={thing['metadata']['name']}")


class Store:
    """The objects, and what has happened to them. `changed` is notified of each change."""

    def __init__(self):
        self.changed = threading.Condition()
        self.version, self.compacted = 100, 0
        self.objects, self.history = {}, []  # (resource, name): object; (version, type, resource, object)

    def _write(self, kind, resource, thing):
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)
        key = resource, thing["metadata"]["name"]
        if kind == "DELETED":
            self.objects.pop(key, None)
        else:
            self.objects[key] = thing
        self.history.append((self.version, kind, resource, copy.deepcopy(thing)))
        self.changed.notify_all()
        return copy.deepcopy(thing)

    def get(self, resource, name):
        if (resource, name) not in self.objects:
            raise Refused(404, "NotFound", f'{resource} "{name}" not found')
        return self.objects[resource, name]

    def create(self, resource, namespace, thing):
        name = thing["metadata"]["name"]
        if (resource, name) in self.objects:
            raise Refused(409, "AlreadyExists", f'{resource} "{name}" already exists')
        check_lease(resource, thing)
        version, kind = KINDS[resource]
        thing = {"kind": kind, "apiVersion": version, **thing}
        thing["metadata"] = {**thing["metadata"], "namespace": namespace, "uid": str(uuid.uuid4()), "creationTimestamp": stamp()}
        if resource == "pods":
            thing["status"] = {"phase": "Pending"}
        return self._write("ADDED", resource, thing)

    def replace(self, resource, name, thing):
        now = self.get(resource, name)
        check_lease(resource, thing)
        version = thing["metadata"].get("resourceVersion")
        if not version:
            raise Refused(422, "Invalid", "metadata.resourceVersion: must be specified for an update")
        if version != now["metadata"]["resourceVersion"]:
            raise Refused(409, "Conflict", f'Operation cannot be fulfilled on {resource} "{name}": the object has been modified')
        return self._write("MODIFIED", resource, {**now, "metadata": {**now["metadata"], **thing["metadata"]}, "spec": thing["spec"]})

    def patch(self, resource, name, change):
        now = self.get(resource, name)
        if change.get("metadata", {}).get("uid", now["metadata"]["uid"]) != now["metadata"]["uid"]:
            raise Refused(409, "Conflict", "Precondition failed: UID in precondition")
        return self._write("MODIFIED", resource, merged(now, change))

    def bind(self, name, target):
        bound = merged(self.get("pods", name), {"spec": {"nodeName": target["name"]},
                                                "status": {"conditions": [{"type": "PodScheduled", "status": "True"}]}})
        self._write("MODIFIED", "pods", bound)
        return {"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}

    def delete(self, resource, name, grace, preconditions):
        thing = copy.deepcopy(self.get(resource, name))
        meta = thing["metadata"]
        for key, wanted in preconditions.items():
            if meta[key] != wanted:
                raise Refused(409, "Conflict", f"Precondition failed: {key} in precondition: {wanted}, in object meta: {meta[key]}")
        bound = resource == "pods" and thing["spec"].get("nodeName") and thing["status"]["phase"] not in ("Failed", "Succeeded")
        grace = thing["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE) if grace is None else grace
        if not bound or grace == 0:
            return self._write("DELETED", resource, thing)
        if grace >= meta.get("deletionGracePeriodSeconds", grace + 1):
            return thing  # it is being deleted, and no later than that
        meta.update(deletionTimestamp=stamp(grace), deletionGracePeriodSeconds=grace)
        return self._write("MODIFIED", resource, thing)


def check_lease(resource, thing):
    for name in ("acquireTime", "renewTime") if resource == "leases" else ():
        value = thing.get("spec", {}).get(name)
        if value is not None and not MICRO_TIME.fullmatch(value):
            raise Refused(400, "BadRequest", f"Lease in version v1 cannot be handled as a Lease: parsing time {value}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, ssl.SSLError, OSError, ValueError):
            self.close_connection = True

    def do_GET(self):
        self.answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def answer(self):
        fake, body = self.server.fake, self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fake.thawed.wait()
        fake.asked.append((self.command, self.path))
        try:
            if self.headers.get("Authorization") != f"Bearer {fake.admin.token}":
                raise Refused(401, "Unauthorized", "Unauthorized")
            refused = fake.refusals.pop(0) if fake.refusals and self.command == fake.refused_method else None
            if refused:
                raise Refused(*refused)
            url = urlsplit(self.path)
            found = PATH.fullmatch(url.path)
            if not found:
                raise Refused(404, "NotFound", "the server could not find the requested resource")
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            self.serve(fake.store, *found.groups(), query, json.loads(body) if body else {})
        except Refused as refusal:
            self.send(refusal.status["code"], refusal.status)

    def serve(self, store, namespace, resource, name, sub, query, body):
        if self.command == "GET" and not name and query.get("watch") in ("1", "true"):
            return self.watch(store, resource, query)
        with store.changed:
            if self.command == "GET":
                return self.send(200, store.get(resource, name) if name else self.page(store, resource, query))
            if self.command == "POST":
                return self.send(201, store.bind(name, body["target"]) if sub else store.create(resource, namespace, body))
            if self.command == "PUT":
                return self.send(200, store.replace(resource, name, body))
            if self.command == "PATCH":
                return self.send(200, store.patch(resource, name, body))
            grace = query.get("gracePeriodSeconds", body.get("gracePeriodSeconds"))
            return self.send(200, store.delete(resource, name, None if grace is None else int(grace), body.get("preconditions", {})))

    def page(self, store, resource, query):
        after = base64.b64decode(query["continue"]).decode() if "continue" in query else ""
        selector, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
        names = sorted(name for kind, name in store.objects if kind == resource and name > after
                       and selects(selector, fields, store.objects[kind, name]))
        shown = names[:int(query.get("limit", 0)) or None]
        rest = base64.b64encode(shown[-1].encode()).decode() if len(shown) < len(names) else ""
        return {"kind": f"{KINDS[resource][1]}List", "apiVersion": "v1", "metadata": {"resourceVersion": str(store.version), "continue": rest},
                "items": [store.objects[resource, name] for name in shown]}

    def watch(self, store, resource, query):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        at, selector, fields = int(query["resourceVersion"]), query.get("labelSelector", ""), query.get("fieldSelector", "")
        until = time.monotonic() + float(query.get("timeoutSeconds", 300))
        while time.monotonic() < until and not self.server.fake.ended:
            with store.changed:
                if at < store.compacted:
                    self.line("ERROR", Refused(410, "Expired", f"too old resource version: {at} ({store.compacted})").status)
                    break
                news = [event for event in store.history if event[0] > at and event[2] == resource]
                if not news and not store.changed.wait(BOOKMARK_SECONDS):
                    at = store.version
            self.server.fake.thawed.wait()
            for version, kind, _, thing in news:
                at = version
                if selects(selector, fields, thing):
                    self.line(kind, thing)
            if not news:
                self.line("BOOKMARK", {"kind": KINDS[resource][1], "metadata": {"resourceVersion": str(at)}})
        self.wfile.write(b"0\r\n\r\n")

    def line(self, kind, thing):
        text = json.dumps({"type": kind, "object": thing}).encode() + b"\n"
        self.wfile.write(f"{len(text):x}\r\n".encode() + text + b"\r\n")
        self.wfile.flush()

    def send(self, code, thing):
        body = json.dumps(thing).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, fake):
        self.fake, self.open, self.lock = fake, set(), threading.Lock()
        super().__init__((HOST, fake.port), Handler)

    def get_request(self):
        plain, address = super().get_request()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = self.fake.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self.lock:
            self.open.add(connection)
        return connection, address

    def shutdown_request(self, request):
        with self.lock:
            self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, address):
        pass  # a client that left, or does not trust us

    def break_all(self):
        """As SIGKILL does."""
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class FakeApiServer:
    """Has the interface of api.ApiServer, as far as tests of one namespace need it."""

    def __init__(self, folder, namespace="tidegate"):
        self.folder, self.namespace = folder, namespace
        folder.mkdir(exist_ok=True)
        self.port = free_ports(1)[0]
        self.url = f"https://{HOST}:{self.port}"
        self.certificate = tls.make_certificate(folder, "localhost", (HOST,), stem="apiserver")
        self.ca_file = self.certificate.crt
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate.crt, self.certificate.key)
        self.admin = Client(self.url, str(self.ca_file), secrets.token_hex(16), namespace=namespace)
        self.store, self.listener, self.ended = Store(), None, False
        self.thawed = threading.Event()
        self.thawed.set()
        self.asked = []  # (method, target) of each request
        self.refusals, self.refused_method = [], ""

    def start(self):
        self.start_apiserver()
        return self

    def start_apiserver(self):
        self.ended = False
        self.listener = Listener(self)
        threading.Thread(target=self.listener.serve_forever, args=(0.05,), daemon=True).start()

    def kill_apiserver(self):
        self.ended = True
        if self.listener:
            self.listener.shutdown()
            self.listener.server_close()
            self.listener.break_all()

    def freeze(self):
        self.thawed.clear()

    def thaw(self):
        self.thawed.set()

    def stop(self):
        self.kill()

    def kill(self):
        self.thaw()
        self.kill_apiserver()

    def compact(self):
        with self.store.changed:
            self.store.compacted = self.store.version
            self.store.history.clear()
            self.store.changed.notify_all()

    def refuse(self, method, *refusals):
        """The next requests of this method get these (code, reason, message) instead of what they ask for."""
        self.refused_method, self.refusals = method, list(refusals)

    def kubeconfig(self, file, client=None):
        client = client or self.admin
        file.touch(0o600)
        file.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url, "certificate-authority": str(self.ca_file)}}],
            "users": [{"name": "test", "user": {"token": client.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": client.namespace}}]}))
        return file
