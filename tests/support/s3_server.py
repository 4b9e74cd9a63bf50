"""An S3 server that checks every signature and digest by the specification, keeps objects in memory, and misbehaves as a test wants.

`fault` decides about each request: it gets the request (a _Handler, with `operation` and `key`), and returns True when it has
answered it itself. `arrived` lists the keys in the order in which their objects became complete."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import itertools
import ssl
import threading
import urllib.parse
from xml.etree import ElementTree

KEY_ID, SECRET, BUCKET, REGION = "AKIATIDEGATETEST", "s3cr3t/that+nobody/prints", "rec", "us-east-1"
EMPTY = hashlib.sha256(b"").hexdigest()


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _signature(secret, handler, fields, signed):
    """The signature of version 4 that the request must have: from the headers and the URL as they came."""
    path, _, query = handler.path.partition("?")
    parts = sorted(part if "=" in part else part + "=" for part in query.split("&")) if query else []
    headers = "".join(f"{name}:{' '.join(handler.headers[name].split())}\n" for name in signed)
    canonical = "\n".join([handler.command, path, "&".join(parts), headers, ";".join(signed), handler.headers["x-amz-content-sha256"]])
    date, region, service, end = fields[1:]
    text = "\n".join(["AWS4-HMAC-SHA256", handler.headers["x-amz-date"], "/".join(fields[1:]),
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, end):
        key = _hmac(key, part)
    return _hmac(key, text).hex()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if "Content-Length" not in dict(headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, message="as the test wants"):
        self.answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())

    def read_body(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return self.body

    def problem(self):
        """What is wrong with the request; None: nothing."""
        owner = self.server.owner
        scheme, _, rest = self.headers.get("Authorization", "").partition(" ")
        if scheme != "AWS4-HMAC-SHA256":
            return "AccessDenied"
        given = dict(part.strip().split("=", 1) for part in rest.split(","))
        fields, signed = given["Credential"].split("/"), given["SignedHeaders"].split(";")
        if fields[0] not in owner.secrets:
            return "InvalidAccessKeyId"
        needed = {"host"} | {name.lower() for name in self.headers if name.lower().startswith("x-amz-") or name.lower() == "content-md5"}
        if not needed <= set(signed) or signed != sorted(signed):
            return "SignatureDoesNotMatch"
        if given["Signature"] != _signature(owner.secrets[fields[0]], self, fields, signed):
            return "SignatureDoesNotMatch"
        if hashlib.sha256(self.body).hexdigest() != self.headers["x-amz-content-sha256"]:
            return "XAmzContentSHA256Mismatch"
        md5 = self.headers.get("Content-MD5")
        if md5 and base64.b64decode(md5) != hashlib.md5(self.body).digest():
            return "BadDigest"
        return None

    def handle_any(self):
        owner = self.server.owner
        path, _, query = self.path.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        virtual = self.headers.get("Host", "").startswith(BUCKET + ".")
        names = urllib.parse.unquote(path).lstrip("/")
        self.key = names if virtual else names.partition("/")[2]
        self.operation = {
            "PUT": "part" if "partNumber" in self.query else "put",
            "POST": "create" if "uploads" in self.query else "complete",
            "GET": "list", "HEAD": "head", "DELETE": "abort"}[self.command]
        with owner.lock:
            owner.requests.append((self.operation, self.key, dict(self.headers)))
        if owner.fault(self):
            return
        if len(self.read_body()) < int(self.headers.get("Content-Length", 0)):
            self.close_connection = True  # the client was killed
            return
        problem = self.problem()
        if problem:
            owner.problems.append((problem, self.command, self.path))
            self.error(403, problem)
            return
        with owner.lock:
            getattr(owner, "do_" + self.operation)(self)

    do_PUT = do_POST = do_GET = do_HEAD = do_DELETE = handle_any

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Clients that are killed break their connections."""


class S3Server:
    def __init__(self, certificate=None, address="127.0.0.1"):
        self.secrets = {KEY_ID: SECRET}
        self.fault = lambda request: False
        self.lock = threading.RLock()
        self.objects, self.headers, self.etags, self.arrived = {}, {}, {}, []
        self.uploads, self.requests, self.problems = {}, [], []
        self.numbers = itertools.count(1)
        self.http = _Server((address, 0), _Handler)
        self.http.owner = self
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.http.server_address[1]

    @property
    def url(self):
        return f"{self.scheme}://{self.http.server_address[0]}:{self.port}"

    def store(self, key, body, etag, headers):
        self.objects[key], self.etags[key], self.headers[key] = body, etag, headers
        self.arrived.append(key)

    def do_put(self, request):
        etag = hashlib.md5(request.body).hexdigest()
        self.store(request.key, request.body, etag, dict(request.headers))
        request.answer(200, headers={"ETag": f'"{etag}"'})

    def do_create(self, request):
        upload = f"upload/{next(self.numbers)}+x="
        self.uploads[upload] = {"key": request.key, "parts": {}, "headers": dict(request.headers)}
        request.answer(200, f"<InitiateMultipartUploadResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><UploadId>{upload}"
                            "</UploadId></InitiateMultipartUploadResult>".encode())

    def _upload(self, request):
        upload = self.uploads.get(request.query["uploadId"])
        if not upload or upload["key"] != request.key:
            request.error(404, "NoSuchUpload")
            return None
        return upload

    def do_part(self, request):
        upload = self._upload(request)
        if upload:
            upload["parts"][int(request.query["partNumber"])] = request.body
            request.answer(200, headers={"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'})

    def do_complete(self, request):
        upload = self._upload(request)
        if not upload:
            return
        space = "{http://s3.amazonaws.com/doc/2006-03-01/}"
        listed = {int(part.find(space + "PartNumber").text): part.find(space + "ETag").text.strip('"')
                  for part in ElementTree.fromstring(request.body)}
        parts = upload["parts"]
        if listed != {number: hashlib.md5(body).hexdigest() for number, body in parts.items()}:
            request.error(400, "InvalidPart")
            return
        digests = b"".join(hashlib.md5(parts[number]).digest() for number in sorted(parts))
        etag = f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"
        self.store(request.key, b"".join(parts[number] for number in sorted(parts)), etag, upload["headers"])
        del self.uploads[request.query["uploadId"]]
        request.answer(200, f"<CompleteMultipartUploadResult><ETag>&quot;{etag}&quot;</ETag></CompleteMultipartUploadResult>".encode())

    def do_abort(self, request):
        if self._upload(request):
            del self.uploads[request.query["uploadId"]]
            request.answer(204)

    def do_list(self, request):
        found = "".join(f"<Upload><Key>{upload['key']}</Key><UploadId>{name}</UploadId></Upload>"
                        for name, upload in self.uploads.items() if upload["key"].startswith(request.query["prefix"]))
        request.answer(200, f"<ListMultipartUploadsResult>{found}</ListMultipartUploadsResult>".encode())

    def do_head(self, request):
        if request.key not in self.objects:
            request.answer(404)
            return
        request.answer(200, headers={"ETag": f'"{self.etags[request.key]}"', "Content-Length": str(len(self.objects[request.key]))})

    def asked(self, operation):
        with self.lock:
            return [key for what, key, _ in self.requests if what == operation]

    def close(self):
        self.http.shutdown()
        self.http.server_close()


class Metadata:
    """The metadata service of a machine (IMDSv2), with credentials that the S3 server knows."""

    def __init__(self, expiration="2999-01-01T00:00:00Z", token="session/token=="):
        self.asked, outer = [], self
        role = "/latest/meta-data/iam/security-credentials/"

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                outer.asked.append(self.path)
                self.reply(b"a-token" if self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") else None)

            def do_GET(self):
                outer.asked.append(self.path)
                known = self.headers.get("X-aws-ec2-metadata-token") == "a-token"
                body = {role: b"archiver", role + "archiver": (
                    f'{{"Code":"Success","AccessKeyId":"{KEY_ID}","SecretAccessKey":"{SECRET}","Token":"{token}",'
                    f'"Expiration":"{expiration}"}}').encode()}.get(self.path)
                self.reply(body if known else None)

            def reply(self, body):
                self.send_response(200 if body else 401)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.http = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def serving(**options):
    return contextlib.closing(S3Server(**options))
