"""The HTTP server that `authMethod: http` asks. It records the requests, and answers as the test decides."""

import http.server
import json
import threading


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.owner.questions.append((self.headers["Content-Type"], question))
        status, body = self.server.owner.decide(question)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class AuthServer:
    def __init__(self):
        self.questions = []  # (content type, question)
        self.decide = lambda question: (200, b"")
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.http.owner = self
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}/auth"

    def asked(self, **wanted):
        """The requests that contain these values."""
        return [q for _, q in self.questions if all(q[key] == value for key, value in wanted.items())]

    def close(self):
        self.http.shutdown()
        self.http.server_close()
