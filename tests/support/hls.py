"""A player of HLS as far as tests need one: it asks for what it is told, and shows what it gets."""

import http.client
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from .http import Reply

TIMEOUT_SECONDS = 30


def fetch(url, headers=None, method="GET", timeout=TIMEOUT_SECONDS):
    """One request, whose redirect is not followed. Headers that come more than once are joined with a line break."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    named = {}
    for name, value in answer.getheaders():
        named[name] = named[name] + "\n" + value if name in named else value
    return Reply(answer.status, named, body)


def attributes(text):
    return {name: value.strip('"') for name, value in re.findall(r'([A-Z-]+)=("[^"]*"|[^,]*)', text)}


@dataclass
class Playlist:
    lines: list

    def values(self, tag):
        """What stands behind each #<tag>: in the playlist."""
        return [line.partition(":")[2] for line in self.lines if line.split(":")[0] == "#" + tag]

    def value(self, tag):
        found = self.values(tag)
        assert len(found) == 1, (tag, self.lines)
        return found[0]

    def has(self, tag):
        return any(line.split(":")[0] == "#" + tag for line in self.lines)

    def uris(self):
        return [line for line in self.lines if line and not line.startswith("#")]

    def parts(self):
        return [attributes(value) for value in self.values("EXT-X-PART")]

    def segments(self):
        return [uri for uri in self.uris() if not uri.startswith("gap.mp4")]

    def next_segment(self):
        """The media sequence number of the segment that is being made."""
        skipped = sum(int(attributes(value)["SKIPPED-SEGMENTS"]) for value in self.values("EXT-X-SKIP"))
        return int(self.value("EXT-X-MEDIA-SEQUENCE")) + skipped + len(self.values("EXTINF"))


class Player:
    """A session of a path, begun without cookies."""

    def __init__(self, router, path, query="", headers=None):
        self.base, self.headers = router.hls(path + "/"), headers or {}
        self.reply = fetch(self.base + "index.m3u8?cookieCheck=1" + ("&" + query if query else ""), self.headers)
        assert self.reply.status == 200, (self.reply, router.log()[-2000:])
        self.index = Playlist(self.reply.text().splitlines())

    @property
    def video(self):
        return self.index.uris()[0]

    @property
    def audio(self):
        return attributes(self.index.value("EXT-X-MEDIA"))["URI"]

    @property
    def secret(self):
        return re.search(r"session=([0-9a-f-]{36})", self.video).group(1)

    def get(self, uri, more="", **options):
        joined = uri + ("&" if "?" in uri else "?") + more if more else uri
        return fetch(self.base + joined, {**self.headers, **options.pop("headers", {})}, **options)

    def playlist(self, uri=None, more=""):
        reply = self.get(uri or self.video, more)
        assert reply.status == 200, (reply.status, reply.body)
        return Playlist(reply.text().splitlines())
