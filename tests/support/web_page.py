"""A web server that belongs to somebody else. Its pages are on any port and, if the browser maps names, on any host."""

import contextlib
import http.server
import socket
import threading

from .free_ports import free_ports

PAGE = b"<!doctype html><title>A page</title><p>Hello"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), _Handler)
        self.connections = []

    def get_request(self):
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def end(self):
        """Ends the server, and the connections that a browser keeps for its next request."""
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def web_page(port=None):
    """Runs such a server. Yields its port."""
    server = _Server(port or free_ports(1)[0])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.end()
