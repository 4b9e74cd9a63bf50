"""Both sides of the speech service's protocol: our echo, our client (tests/programs/sts_client.cpp), a scripted service on Debian's
python3-socketio, and a server that speaks WebSocket by hand, so that it can misbehave."""

import asyncio
import base64
import hashlib
import json
import os
import socket
import threading

from . import http
from .container_tool import TOOL
from .free_ports import free_ports
from .process import Process
from .router import BIN
from .wait import wait_until

READY = {"stream_id": "demo", "session_id": "u", "max_inflight": 3, "capabilities": {"batch_processing": False, "async_delivery": True}}


class StsEcho(Process):
    def __init__(self, folder, *arguments, **environment):
        [self.port] = free_ports(1)
        super().__init__("sts-echo", [str(BIN / "sts-echo"), "--port", str(self.port), *arguments], folder / f"echo{self.port}.log",
                         {**os.environ, **environment})
        self.url = f"ws://127.0.0.1:{self.port}"
        self.wait_log("service.started")

    def metric(self, series):
        page = http.get(f"http://127.0.0.1:{self.port}/metrics").body.decode()
        return next(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.rpartition(" ")[0] == series)


class StsClient(Process):
    """Our client. Each line that it prints is an object: a state, what became of a fragment, or at the end its counters."""

    def __init__(self, folder, url, *arguments, **environment):
        super().__init__("sts-client", [str(TOOL.with_name("sts-client")), "--url", url, *arguments], folder / "client.log",
                         {**os.environ, **environment})

    def lines(self):
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{") and line.endswith("}")]

    def states(self):
        return [line["state"] for line in self.lines() if "state" in line]

    def outcomes(self):
        """{fragment: "dub" or the failure}."""
        return {line["fragment"]: line.get("failure", "dub") for line in self.lines() if "fragment" in line}

    def wait_state(self, state, reason=""):
        def there():
            return [line for line in self.lines() if line.get("state") == state and reason in line["reason"]]
        return wait_until(there, lambda: f"{state} {reason}: {self.log()}")

    def ended(self):
        """Its counters."""
        assert self.wait(60) == 0, self.log()
        return self.lines()[-1]


class ScriptedService:
    """A service on python3-socketio. handlers: {event: async function(service, client id, data)}; those that are not given behave as
    they should. connect: an async function that may refuse. ssl: a context of the module ssl."""

    def __init__(self, handlers=None, connect=None, ssl=None):
        self.handlers = {"stream:init": self.init, "fragment:data": self.echo, "stream:end": self.end, **(handlers or {})}
        self.connect, self.ssl = connect, ssl
        self.seen = []
        [self.port] = free_ports(1)
        self.url = f"{'wss' if ssl else 'ws'}://localhost:{self.port}"
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(20)

    def _run(self):
        import socketio
        from aiohttp import web
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.server = socketio.AsyncServer(async_mode="aiohttp", max_http_buffer_size=20_000_000, ping_interval=1, ping_timeout=1)
        self.server.on("connect", self._connect)
        for event in {*self.handlers, "fragment:ack"}:
            self.server.on(event, self._handler(event))
        application = web.Application()
        self.server.attach(application)
        runner = web.AppRunner(application)

        async def start():
            await runner.setup()
            await web.TCPSite(runner, "localhost", self.port, ssl_context=self.ssl).start()
            self.ready.set()
        self.loop.run_until_complete(start())
        self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.run_until_complete(runner.cleanup())
        self.loop.close()

    async def _connect(self, sid, environ, auth=None):
        self.seen.append(("connect", {"auth": auth, **{name: environ.get(name) for name in (
            "HTTP_AUTHORIZATION", "HTTP_X_STREAM_ID", "HTTP_X_WORKER_ID", "HTTP_SEC_WEBSOCKET_EXTENSIONS")}}))
        if self.connect:
            await self.connect(self, sid)

    def _handler(self, event):
        async def handle(sid, data):
            self.seen.append((event, data))
            if event in self.handlers:
                await self.handlers[event](self, sid, data)
        return handle

    async def emit(self, sid, event, data):
        await self.server.emit(event, data, to=sid)

    @staticmethod
    async def init(service, sid, data):
        await service.emit(sid, "stream:ready", READY)

    @staticmethod
    async def echo(service, sid, data):
        await service.emit(sid, "fragment:ack", {"fragment_id": data["fragment_id"], "status": "queued", "queue_position": None})
        await service.emit(sid, "fragment:processed", service.processed(data))

    @staticmethod
    async def end(service, sid, data):
        await service.emit(sid, "stream:complete", {"stream_id": data["stream_id"], "total_fragments": 1, "statistics": None})

    @staticmethod
    def processed(data, **changes):
        """As the reference service has it, with its nulls."""
        return {"fragment_id": data["fragment_id"], "stream_id": data["stream_id"], "sequence_number": data["sequence_number"],
                "status": "success", "dubbed_audio": data["audio"], "transcript": "hello", "translated_text": "hola",
                "processing_time_ms": 3, "stage_timings": None, "error": None, "metadata": None, **changes}

    def all(self, event):
        return [data for kind, data in self.seen if kind == event]

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class RawService:
    """Accepts one WebSocket after the other, up to stream:ready, and then calls misbehave(send), where send(bytes) writes to the socket."""

    def __init__(self, misbehave):
        self.misbehave = misbehave
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            key = next(line.split(b":", 1)[1].strip() for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            for text in ('0{"sid":"A","upgrades":[],"pingTimeout":10000,"pingInterval":25000}', '40{"sid":"B"}',
                         f"42{json.dumps(['stream:ready', READY])}"):
                connection.sendall(frame(text.encode()))
            reader = threading.Thread(target=self._drain, args=(connection,), daemon=True)
            reader.start()
            self.misbehave(connection.sendall)
            reader.join(20)  # until the client closes
        except OSError:
            pass
        finally:
            connection.close()

    @staticmethod
    def _drain(connection):
        try:
            while connection.recv(65536):
                pass
        except OSError:
            pass

    def close(self):
        self.listener.close()


def frame(payload, opcode=1, fin=True):
    """A frame of WebSocket, as a server sends it (RFC 6455 §5.2)."""
    size = len(payload)
    length = bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2, "big") if size < 65536 else bytes([127]) + size.to_bytes(8, "big")
    return bytes([(0x80 if fin else 0) | opcode]) + length + payload
