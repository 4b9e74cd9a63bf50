"""A speech service for tests, on Debian's python3-socketio: it answers each fragment with a tone that says its number. What it has
received is written to standard output, one JSON object for each fragment. Run as a program: tone_service.py PORT"""

import asyncio
import base64
import json
import math
import struct
import sys

import socketio
from aiohttp import web

RATE = 22_050             # another one than the stream's
LOWEST, STEP, TONES = 700, 150, 24
LEVEL = 0.3
HIGHER = {"fr": 75}       # Hz, than in other languages
ECHOED = "de"             # is answered with the fragment itself


def tone_of(number, language):
    """Hz"""
    return LOWEST + STEP * (number % TONES) + HIGHER.get(language, 0)


def samples(hertz, milliseconds):
    turn = 2 * math.pi * hertz / RATE
    return b"".join(struct.pack("<h", int(LEVEL * 32767 * math.sin(turn * i))) for i in range(RATE * milliseconds // 1000))


def application():
    server = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])
    streams, languages = {}, {}

    @server.on("stream:init")
    async def begin(sid, data):
        streams[sid], languages[sid] = 0, data["config"]["target_language"]
        await server.emit("stream:ready", {"stream_id": data["stream_id"], "session_id": sid, "max_inflight": 3,
                                           "capabilities": {"batch_processing": False, "async_delivery": True}}, to=sid)

    @server.on("fragment:data")
    async def take(sid, data):
        milliseconds, number = data["audio"]["duration_ms"], streams[sid]
        streams[sid] += 1
        hertz = tone_of(number, languages[sid])
        print(json.dumps({"session": sid, "number": number, "language": languages[sid], "hertz": hertz, "pts": data["metadata"]["pts_ns"] / 1e9,
                          "seconds": milliseconds / 1000, "format": data["audio"]["format"]}), flush=True)
        made = {"format": "pcm_s16le", "sample_rate_hz": RATE, "channels": 1, "duration_ms": milliseconds,
                "data_base64": base64.b64encode(samples(hertz, milliseconds)).decode()}
        await server.emit("fragment:processed", {
            "fragment_id": data["fragment_id"], "stream_id": data["stream_id"], "sequence_number": data["sequence_number"],
            "status": "success", "transcript": f"fragment {number}", "translated_text": f"fragmento {number}",
            "processing_time_ms": 1, "error": None,
            "dubbed_audio": data["audio"] if languages[sid] == ECHOED else made}, to=sid)

    @server.on("stream:end")
    async def end(sid, data):
        await server.emit("stream:complete", {"stream_id": data["stream_id"], "total_fragments": streams[sid]}, to=sid)

    made = web.Application()
    server.attach(made)
    return made


async def serve(port):
    runner = web.AppRunner(application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
