"""One stream of one client: checks what it sends, answers its fragments in their order, and says when all are answered.

Nothing here knows Socket.IO: `emit(event, data)` sends an event to the client.
"""

import asyncio
import base64
import binascii
import logging
import math
import time
import uuid

from speech import SpeechError

LANGUAGE_LENGTH = range(2, 11)     # characters, as in the protocol
MAX_INFLIGHT = 3                   # fragments that a client may have sent and that are not answered yet
MAX_AUDIO_BYTES = 4 * 1024 * 1024  # of one fragment as base64; aiohttp reads no longer messages either
MAX_MILLISECONDS = 30_000          # of one fragment: to speak for longer would take too long
SAMPLE_RATES = range(8_000, 96_001)
FORMATS = ("m4a", "pcm_s16le")

log = logging.getLogger("sts-espeak")


class Refused(Exception):
    """What the client sent is not accepted."""

    def __init__(self, code, message, retryable=False):
        super().__init__(message)
        self.code, self.retryable = code, retryable


def number(data, name, allowed, default=None):
    """A whole number. Some clients write 12.0; null means absent."""
    value = data.get(name)
    if value is None:
        value = default
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value != int(value) or int(value) not in allowed:
        raise Refused("INVALID_CONFIG", f"{name}: expected a number from {allowed[0]} to {allowed[-1]}")
    return int(value)


def text(data, name, default=None):
    value = data.get(name) or default
    if not isinstance(value, str) or not 0 < len(value) <= 128:
        raise Refused("INVALID_CONFIG", f"{name}: expected a text of 1 to 128 characters")
    return value


class Session:
    def __init__(self, speaker, emit, delay=0.0):
        self.speaker, self.emit, self.delay = speaker, emit, delay
        self.stream_id = self.voice = self.task = None
        self.queue = asyncio.Queue()
        self.next_sequence = 0
        self.paused = False
        self.took = []          # milliseconds for each fragment
        self.counts = {"success": 0, "failed": 0}
        self.milliseconds = 0   # of all fragments

    async def begin(self, data):
        config = data.get("config")
        if self.stream_id is not None or not isinstance(config, dict):
            raise Refused("INVALID_CONFIG", "config: expected an object, once for each connection")
        stream_id = text(data, "stream_id")
        text(data, "worker_id")
        language = text(config, "target_language", "es")
        voice = await self.speaker.voice_of(language) if len(language) in LANGUAGE_LENGTH else None
        if voice is None:
            raise Refused("UNSUPPORTED_LANGUAGE", f"espeak-ng has no voice for {language!r}")
        if config.get("format") not in (None, *FORMATS):
            raise Refused("INVALID_CONFIG", f"format: expected {' or '.join(FORMATS)}")
        self.max_inflight = min(MAX_INFLIGHT, number(data, "max_inflight", range(1, 11), MAX_INFLIGHT))
        self.stream_id, self.voice = stream_id, voice
        self.task = asyncio.create_task(self._answer_all())
        log.info("stream %r begins: %s, at most %d fragments at a time", stream_id, language, self.max_inflight)
        await self.emit("stream:ready", {"stream_id": stream_id, "session_id": str(uuid.uuid4()), "max_inflight": self.max_inflight,
                                         "capabilities": {"batch_processing": False, "async_delivery": True}})

    async def take(self, data):
        """A fragment comes. It is acknowledged at once and answered later."""
        fragment = self._checked(data)
        self.next_sequence += 1
        await self.emit("fragment:ack", {"fragment_id": fragment["id"], "status": "queued", "queue_position": self.queue.qsize(),
                                         "timestamp": int(time.time() * 1000)})
        self.queue.put_nowait(fragment)

    def _checked(self, data):
        if self.stream_id is None:
            raise Refused("STREAM_NOT_FOUND", "fragment:data before stream:init")
        if self.paused:
            raise Refused("STREAM_PAUSED", "the stream is paused")
        if self.queue.qsize() >= 2 * self.max_inflight:
            raise Refused("QUEUE_FULL", f"more than {self.max_inflight} fragments at a time", retryable=True)
        sequence = number(data, "sequence_number", range(0, 2**53))
        if sequence != self.next_sequence:
            raise Refused("INVALID_SEQUENCE", f"expected sequence_number {self.next_sequence}, not {sequence}")
        audio = data.get("audio")
        if not isinstance(audio, dict) or audio.get("format") not in FORMATS or not isinstance(audio.get("data_base64"), str):
            raise Refused("INVALID_AUDIO_FORMAT", f"audio: expected an object with format {' or '.join(FORMATS)} and data_base64")
        if len(audio["data_base64"]) > MAX_AUDIO_BYTES:
            raise Refused("FRAGMENT_TOO_LARGE", f"more than {MAX_AUDIO_BYTES} bytes")
        try:
            base64.b64decode(audio["data_base64"], validate=True)
        except (binascii.Error, ValueError):
            raise Refused("INVALID_AUDIO_FORMAT", "data_base64 is not base64") from None
        return {"id": text(data, "fragment_id"), "sequence": sequence, "format": audio["format"],
                "rate": number(audio, "sample_rate_hz", SAMPLE_RATES), "channels": number(audio, "channels", range(1, 3)),
                "milliseconds": number(audio, "duration_ms", range(0, MAX_MILLISECONDS + 1))}

    async def _answer_all(self):
        while True:
            fragment = await self.queue.get()
            if fragment is None:
                return
            await self._answer(fragment)

    async def _answer(self, fragment):
        began = time.monotonic()
        answer = {"fragment_id": fragment["id"], "stream_id": self.stream_id, "sequence_number": fragment["sequence"]}
        await asyncio.sleep(self.delay)
        try:
            sound, said = await self.speaker.speak(self.voice, fragment["sequence"], fragment["milliseconds"], fragment["format"],
                                                   fragment["rate"], fragment["channels"])
            answer |= {"status": "success", "transcript": f"fragment {fragment['sequence']}", "translated_text": said,
                       "dubbed_audio": {"format": sound.format, "sample_rate_hz": sound.sample_rate, "channels": sound.channels,
                                        "duration_ms": sound.milliseconds,
                                        "data_base64": base64.b64encode(sound.data).decode()}}
            self.counts["success"] += 1
        except SpeechError as error:
            log.warning("stream %r: fragment %d: %s", self.stream_id, fragment["sequence"], error)
            answer |= {"status": "failed", "error": {"code": "TTS_SYNTHESIS_FAILED", "message": str(error), "stage": "tts",
                                                     "retryable": True}}
            self.counts["failed"] += 1
        milliseconds = round((time.monotonic() - began) * 1000)
        self.took.append(milliseconds)
        del self.took[:-1000]  # enough for a percentile
        self.milliseconds += fragment["milliseconds"]
        answer |= {"processing_time_ms": milliseconds, "stage_timings": {"asr_ms": 0, "translation_ms": 0, "tts_ms": milliseconds}}
        await self.emit("fragment:processed", answer)

    def pause(self, yes):
        if self.stream_id is None:
            raise Refused("STREAM_NOT_FOUND", "there is no stream yet")
        self.paused = yes

    async def finish(self):
        """Answers what is under way, then says that the stream is complete."""
        if self.task is None:
            raise Refused("STREAM_NOT_FOUND", "stream:end before stream:init")
        self.queue.put_nowait(None)
        await self.task
        took = sorted(self.took) or [0]
        await self.emit("stream:complete", {
            "stream_id": self.stream_id, "total_fragments": sum(self.counts.values()), "total_duration_ms": self.milliseconds,
            "statistics": {"success_count": self.counts["success"], "partial_count": 0, "failed_count": self.counts["failed"],
                           "avg_processing_time_ms": sum(took) / len(took),
                           "p95_processing_time_ms": float(took[max(0, math.ceil(len(took) * 0.95) - 1)])}})
        log.info("stream %r is complete: %s", self.stream_id, self.counts)

    def cancel(self):
        if self.task is not None:
            self.task.cancel()
