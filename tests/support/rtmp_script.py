"""A scripted RTMP client that sees every reply: what the server says, in which order, until it closes.
And a publisher in a thread, made of it: no process, a stream ready as soon as the router allows.
"""

import socket
import threading
import time

from .rtmp_client import AUDIO, COMMAND, VIDEO, RtmpClient, flv_tags
from .rtmp_wire import ChunkReader

LEAD_SECONDS = 2.5  # sent at once: MediaMTX announces a stream after 2 s of media time


class ScriptedRtmp(RtmpClient):
    def __init__(self, host, port, timeout=20):
        super().__init__(host, port, timeout)
        self.reader = ChunkReader()
        self.messages = []  # all that came
        self.taken = 0      # of them, how many the test has looked at

    @property
    def address(self):
        """ip:port, as the router sees it."""
        return "{}:{}".format(*self.socket.getsockname()[:2])

    def next(self):
        """The next message; None when the server has closed."""
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
        """(code, description) of the next onStatus or _result with an information object; None at the end."""
        while message := self.next_of(COMMAND):
            information = message.values()[-1]
            if isinstance(information, dict) and "code" in information:
                return information["code"], information.get("description", "")
        return None

    def start(self, tc_url, name, key):
        """handshake, connect, createStream, then publish or play; the replies are the test's to read."""
        self.handshake()
        self.connect(tc_url)
        self.command("createStream", 2, None)
        self.command(name, 3, None, key, *(["live"] if name == "publish" else []), message_stream=1)

    def start_path(self, router, name, path, query=""):
        """start() with the last part of the path, and the query, as the key."""
        application, _, key = path.rpartition("/")
        self.start(router.rtmp(application), name, key + query)

    def send_while_open(self, tags):
        """Media that the server is expected to refuse, at a time of its own choice."""
        try:
            self.send_tags(tags)
        except OSError:
            pass

    def read_to_end(self):
        """Messages up to the server's close."""
        before = self.taken
        while self.next():
            pass
        return self.messages[before:]


def assert_closed_for_a_reason(router, client):
    """The server closes because of what it got, not because nothing came any more."""
    assert client.closed_by_server()
    router.wait_message("INF", rf"\[RTMP\] \[conn {client.address}\] closed: (?!.*i/o timeout).+")


def is_picture(body):
    """Of a video message: no header, in either form."""
    return body[0] & 0x0F in (1, 3) if body[0] & 0x80 else body[1] == 1


class Publisher:
    """A clip published endlessly: some seconds at once, then in real time."""

    def __init__(self, host, port, clip, path="", query="", lead=LEAD_SECONDS, halves=None):
        """halves: (tcUrl, key) as they are sent, in place of path and query."""
        self.tags = list(flv_tags(clip))
        # One frame more than from the first picture to the last, so that the clips join.
        pictures = [stamp for kind, stamp, body in self.tags if kind == VIDEO and is_picture(body)]
        sounds = [stamp for kind, stamp, _ in self.tags if kind == AUDIO][1:]  # behind the header
        stamps = pictures or sounds
        self.length = stamps[-1] - stamps[0] + 33
        self.stopped = threading.Event()
        self.client = ScriptedRtmp(host, port)
        application, _, key = path.rpartition("/")
        tc_url, key = halves or (f"rtmp://{host}:{port}/{application}", key + (f"?{query}" if query else ""))
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
            return  # the router closed: the test sees it there
        finally:
            self.lead_sent.set()

    def pause(self):
        """Sends nothing more, keeps the connection: a network that died silently."""
        self.stopped.set()
        self.thread.join()

    def end(self):
        """The end of what the publisher says; it still hears."""
        self.pause()
        try:
            self.client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the router was first

    def close(self):
        """An orderly end: closing with replies unread would reset the connection. Again: no effect."""
        self.end()
        if self.client.socket.fileno() >= 0:
            self.client.closed_by_server()
            self.client.close()
