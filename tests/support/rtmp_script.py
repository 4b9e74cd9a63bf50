"""A scripted RTMP client that sees all replies of the server, in their order, until the server closes the connection. And a
publisher that uses it in a thread: it needs no process, and its stream is ready as soon as the router allows.
"""

import socket
import threading
import time

from .rtmp_client import AUDIO, COMMAND, VIDEO, RtmpClient, flv_tags
from .rtmp_wire import ChunkReader

LEAD_SECONDS = 2.5  # seconds of media that are sent at once, because MediaMTX lists a stream after 2 s of media


class ScriptedRtmp(RtmpClient):
    def __init__(self, host, port, timeout=20, tls=None):
        super().__init__(host, port, timeout, tls)
        self.reader = ChunkReader()
        self.messages = []  # all messages that have come
        self.taken = 0      # so many of them the test has already seen

    @property
    def address(self):
        """ip:port, as the router sees it."""
        return "{}:{}".format(*self.socket.getsockname()[:2])

    def next(self):
        """The next message. None if the server has closed the connection."""
        while self.taken == len(self.messages):
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self.messages += self.reader.feed(data)
        self.taken += 1
        return self.messages[self.taken - 1]

    def next_of(self, *kinds):
        while (message := self.next()) and message.kind not in kinds:
            pass
        return message

    def status(self):
        """(code, description) of the next onStatus, or of the next _result with an information object. None at the end of the
        connection."""
        while message := self.next_of(COMMAND):
            information = message.values()[-1]
            if isinstance(information, dict) and "code" in information:
                return information["code"], information.get("description", "")
        return None

    def start(self, tc_url, name, key):
        """Sends the handshake, connect, createStream, and publish or play. The test reads the replies."""
        self.handshake()
        self.connect(tc_url)
        self.command("createStream", 2, None)
        self.command(name, 3, None, key, *(["live"] if name == "publish" else []), message_stream=1)

    def start_path(self, router, name, path, query=""):
        """start(), where the stream key is the last part of the path, and the query."""
        application, _, key = path.rpartition("/")
        self.start(router.rtmp(application), name, key + query)

    def send_while_open(self, tags):
        """Sends media that the server is expected to refuse at some time."""
        try:
            self.send_tags(tags)
        except OSError:
            pass

    def read_to_end(self):
        """Reads messages until the server closes the connection."""
        before = self.taken
        while self.next():
            pass
        return self.messages[before:]


def assert_closed_for_a_reason(router, client):
    """The server must close the connection because of what it has received, not because it has waited in vain."""
    assert client.closed_by_server()
    router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] closed: (?!.*i/o timeout).+")


def is_picture(body):
    """Whether a video message is a picture and not a sequence header, in the classic or the enhanced form."""
    return body[0] & 0x0F in (1, 3) if body[0] & 0x80 else body[1] == 1


class Publisher:
    """Publishes a clip endlessly: some seconds of it at once, then in real time."""

    def __init__(self, host, port, clip, path="", query="", lead=LEAD_SECONDS, halves=None, tls=None):
        """halves: (tcUrl, stream key) to be sent, instead of path and query. tls: an ssl.SSLContext, for RTMPS."""
        self.tags = list(flv_tags(clip))
        # One frame longer than from the first to the last picture, so that the next round follows without a gap.
        pictures = [stamp for kind, stamp, body in self.tags if kind == VIDEO and is_picture(body)]
        sounds = [stamp for kind, stamp, _ in self.tags if kind == AUDIO][1:]  # without the header
        stamps = pictures or sounds
        self.length = stamps[-1] - stamps[0] + 33
        self.stopped = threading.Event()
        self.client = ScriptedRtmp(host, port, tls=tls)
        self.scheme = "rtmps" if tls else "rtmp"
        application, _, key = path.rpartition("/")
        tc_url, key = halves or (f"{self.scheme}://{host}:{port}/{application}", key + (f"?{query}" if query else ""))
        self.client.start(tc_url, "publish", key)
        self.lead = lead
        self.lead_sent = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def address(self):
        """ip:port, as the router sees it."""
        return self.client.address

    def _run(self):
        began, base = time.monotonic() - self.lead, 0
        try:
            while True:
                for kind, stamp, payload in self.tags:
                    if base + stamp >= self.lead * 1000:
                        self.lead_sent.set()
                    due = began + (base + stamp) / 1000
                    if self.stopped.wait(max(0, due - time.monotonic())):
                        return
                    self.client.send_tags([(kind, base + stamp, payload)])
                base += self.length
        except OSError:
            return  # the router closed the connection; the test notices this itself
        finally:
            self.lead_sent.set()

    def pause(self):
        """Sends nothing more, but keeps the connection, as if the network had died silently."""
        self.stopped.set()
        self.thread.join()

    def end(self):
        """Closes the sending half of the connection. The publisher can still receive."""
        self.pause()
        if self.scheme == "rtmps":
            return self.client.close()  # TLS ends in both directions at once
        try:
            self.client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the router has already closed the connection

    def close(self):
        """Closes in order: it reads all replies first, or the connection would be reset. A second call does nothing."""
        self.end()
        if self.client.socket.fileno() >= 0:
            self.client.closed_by_server()
            self.client.close()
