"""The captions of an HLS stream, as a player reads them: a playlist of WebVTT segments beside those of picture and sound."""

import re
from dataclasses import dataclass

from .hls import Player, attributes


@dataclass(frozen=True)
class Cue:
    begin: float  # seconds, of the media's own time line
    end: float
    text: str


def cues_of(text):
    """Those of a segment, in their order. Nothing else stands in a segment."""
    head, *blocks = text.rstrip("\n").split("\n\n")
    mapped = re.fullmatch(r"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:(\d+),LOCAL:(\S+)", head)
    assert mapped, text
    shift = int(mapped[1]) / 90_000 - _seconds(mapped[2])
    found = []
    for block in blocks:
        times, words = block.split("\n")
        begin, arrow, end = times.split(" ")
        assert arrow == "-->" and words and "-->" not in words, text
        found.append(Cue(_seconds(begin) + shift, _seconds(end) + shift, words))
    return found


def _seconds(text):
    hours, minutes, seconds = re.fullmatch(r"(\d{2,}):(\d\d):(\d\d\.\d{3})", text).groups()
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


class Watcher:
    """Reads playlists and segments of a live stream again and again: call poll() more often than segments leave the playlist."""

    def __init__(self, router, path):
        self.player = Player(router, path)
        self.media = [attributes(value) for value in self.player.index.values("EXT-X-MEDIA")]
        self.segments = {}   # {playlist: {URI: bytes}}
        self.inits = {}      # {playlist: bytes}
        self.playlists = {}  # {playlist: the last one}

    def subtitles(self):
        return [one for one in self.media if one["TYPE"] == "SUBTITLES"]

    def sounds(self):
        return [one for one in self.media if one["TYPE"] == "AUDIO"]

    def playlist_of(self, language):
        return next(one["URI"] for one in self.subtitles() if one["LANGUAGE"] == language)

    def poll(self):
        for uri in [self.player.video] + [one["URI"] for one in self.media if "URI" in one]:
            self._poll(uri)

    def _poll(self, uri):
        playlist = self.playlists[uri] = self.player.playlist(uri)
        kept = self.segments.setdefault(uri, {})
        for value in playlist.values("EXT-X-MAP"):
            if uri not in self.inits:
                self.inits[uri] = self.player.get(attributes(value)["URI"]).body
        for segment in playlist.segments():
            if segment not in kept:
                reply = self.player.get(segment)
                assert reply.status == 200, (segment, reply.status)
                kept[segment] = reply.body

    def joined(self, uri):
        return self.inits.get(uri, b"") + b"".join(self.segments[uri].values())

    def texts(self, language):
        return [body.decode() for body in self.segments[self.playlist_of(language)].values()]

    def cues(self, language):
        """Each once, in the order of their times."""
        return sorted({cue for text in self.texts(language) for cue in cues_of(text)}, key=lambda cue: cue.begin)
