#!/usr/bin/python3
"""What dubbing costs: a stream-worker that dubs beside ffmpeg that copies the pictures and encodes the sound anew.

    bench/dub_cost.py [--seconds 60] [--streams 20] [--delay 10] [--gstreamer] [--json FILE]

A publisher sends one stream (720p30, 2.5 Mbit/s H.264 and AAC) to the media router. Each relay reads it over RTSP/TCP and publishes it
over RTMP to the same router. The worker's speech service is sts-echo, which answers at once with the fragment itself: what is left of
the round trip is our own transport. Then --streams workers dub at a time, with a service that thinks for half a second. At the end the
delay of the pictures is measured with scripted peers: each contains the time at which it was sent.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests"), str(ROOT / "bench")]

from runner import machine, parts, process  # noqa: E402
from runner.relays import Relays  # noqa: E402
from runner.signals import end_in_order  # noqa: E402
from support.free_ports import free_ports  # noqa: E402
from support.process import Process  # noqa: E402
from support.rtmp_client import VIDEO  # noqa: E402
from support.rtmp_server import RtmpServer  # noqa: E402
from support.rtsp_server import Pump, RtspServer, sent_at  # noqa: E402
from support.wait import wait_until  # noqa: E402
from support.worker import NotifySocket, Worker  # noqa: E402
from worker_cost import measure, rounded, spread  # noqa: E402

THINKS_MS = 500     # the service of many streams
# ebur128 measures and passes the sound on; volume changes it.
FILTERS = "ebur128=framelog=verbose,volume=0.9"
WAIT_SECONDS = 180  # for outputs and dubs to begin, on any machine
# The budget: shares of ffmpeg's figures, milliseconds, and per cent.
BUDGET = {"cpu": 1.0, "rss": 1 / 2, "transport_ms": 5, "delay_ms": 20, "share": 95}


class Echo(Process):
    """sts-echo on a port of its own."""

    def __init__(self, stack, folder, name, **flags):
        [self.port] = free_ports(1)
        given = [f"--{flag.replace('_', '-')}={value}" for flag, value in {"port": self.port, "max_connections": 100, **flags}.items()]
        super().__init__(name, [str(stack.settings.bin_dir / "sts-echo"), *given], folder / f"{name}.log")

    def flags(self, delay, *more):
        return ("--dub-language", "es", "--sts-url", f"ws://127.0.0.1:{self.port}", "--dub-delay", f"{delay}s", *more)


class Dubbing:
    """Workers that dub one source, and what they say of their dubs."""

    def __init__(self, relays, folder):
        self.relays, self.folder, self.sockets = relays, folder, {}

    def start(self, source, stream, *flags):
        stack = self.relays.stack
        notify = self.sockets[stream] = NotifySocket(self.folder / f"{stream}.sock")
        worker = Worker(self.folder, stack.rtsp(source), stack.rtmp(stream, "out"), *flags, stream=stream, name=f"worker-{stream}",
                        environment={**stack.worker_environment(), **notify.environment()})
        self.relays.processes.append(worker)
        return worker

    def says(self, stream):
        told = [line for line in self.sockets[stream].lines() if line.startswith("X_DUB=")]
        return json.loads(told[-1].removeprefix("X_DUB=")) if told else {}

    def wait_dubbed(self, streams):
        wait_until(lambda: all(self.says(stream).get("mode") == "dubbed" for stream in streams),
                   lambda: f"dubbed: {[(stream, self.says(stream)) for stream in streams]}", WAIT_SECONDS, 0.5)

    def share(self, streams):
        """Per cent of the fragments with a voice in them that are heard dubbed, and how many are not, by reason."""
        dubbed, others = 0, {}
        for stream in streams:
            said = self.says(stream)
            dubbed += said["dubbed"]
            for reason, count in said["fallbacks"].items():
                others[reason] = others.get(reason, 0) + count
        others.pop("silent", None)
        return 100 * dubbed / max(1, dubbed + sum(others.values())), others


def ffmpeg(relays, stream):
    """Copies the pictures, decodes the sound, filters it and encodes it. The filters do of a worker's work what ffmpeg can: they
    measure the loudness (EBU R128), which a worker does for the original and for the dub, and change the volume."""
    return relays._run(stream, ["ffmpeg", "-loglevel", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", relays.stack.rtsp("bench"),
                                "-c:v", "copy", "-af", FILTERS, "-c:a", "aac", "-b:a", "128k", "-f", "flv", relays._output(stream)])


def gstreamer(relays, stream):
    return relays._run(stream, ["gst-launch-1.0", "-q", "rtspsrc", f"location={relays.stack.rtsp('bench')}", "protocols=tcp", "latency=0",
                                "name=s", "flvmux", "streamable=true", "name=m", "!", "rtmp2sink", f"location={relays._output(stream)}",
                                "s.", "!", "rtph264depay", "!", "h264parse", "!", "queue", "!", "m.",
                                "s.", "!", "rtpmp4gdepay", "!", "aacparse", "!", "avdec_aac", "!", "audioconvert", "!", "avenc_aac",
                                "bitrate=128000", "!", "aacparse", "!", "queue", "!", "m."])


def one_stream(relays, dubbing, options):
    """Everything at the same time, with the same stream."""
    echo = Echo(relays.stack, dubbing.folder, "echo")
    relays.processes.append(echo)
    started = {"stream-worker, dubbing": dubbing.start("bench", "one", *echo.flags(options.delay)),
               "ffmpeg, sound filtered": ffmpeg(relays, "other")}
    if options.gstreamer:
        started["GStreamer, sound encoded"] = gstreamer(relays, "third")
    samples = dubbing.start("bench", "samples", *echo.flags(options.delay, "--dub-format", "pcm_s16le"))
    dubbing.wait_dubbed(["one", "samples"])
    result = measure(started, options.seconds)
    trips = {name: {"p50": dubbing.says(stream)["rttP50Ms"], "p95": dubbing.says(stream)["rttP95Ms"]}
             for name, stream in (("AAC", "one"), ("samples", "samples"))}
    for one in (*started.values(), samples, echo):
        one.kill()
    return {name: rounded(values) for name, values in result.items()}, trips


def many_streams(relays, dubbing, options):
    echo = Echo(relays.stack, dubbing.folder, "echo-many", processing_delay_ms=THINKS_MS)
    relays.processes.append(echo)
    streams = [f"many-{i}" for i in range(options.streams)]
    workers = {stream: dubbing.start("bench", stream, *echo.flags(options.delay)) for stream in streams}
    dubbing.wait_dubbed(streams)
    busy, begun, before = machine.busy_seconds(), time.monotonic(), process.usage(echo.pid)
    each = measure(workers, options.seconds).values()
    elapsed = time.monotonic() - begun
    share, others = dubbing.share(streams)
    result = {"CPU % of each worker": sum(v["CPU %"] for v in each) / len(streams),
              "RSS of each worker, kB": round(sum(v["RSS, kB"] for v in each) / len(streams)),
              "CPU % of the service": 100 * (process.usage(echo.pid) - before).cpu_s / elapsed,
              "CPU % of the machine, of one core": 100 * (machine.busy_seconds() - busy) / elapsed,
              "cores": os.cpu_count(), "fragments dubbed, %": share,
              "fragments not dubbed": ", ".join(f"{count} {reason}" for reason, count in sorted(others.items())) or "none"}
    for one in (*workers.values(), echo):
        one.kill()
    return rounded(result)


def delay_of_pictures(folder, stack, options):
    """Milliseconds by which pictures are later, beyond the delay that was asked for."""
    echo, source, target = Echo(stack, folder, "echo-delay"), RtspServer(), RtmpServer()
    pump = Pump(source, size=9_880)
    worker = Worker(folder, source.url(), target.url(), *echo.flags(options.delay), name="delay")
    try:
        wait_until(lambda: len(target.units(VIDEO)) >= 30, "pictures", WAIT_SECONDS)
        target.messages.clear()
        time.sleep(options.seconds)
    finally:
        pump.stop()
        for one in (worker, echo):
            one.kill()
    late = [(m.at - sent_at(m)) / 1e6 - 1000 * options.delay for m in target.units(VIDEO)]
    source.close()
    target.close()
    return spread(late)


def budget(result):
    worker, ffmpeg_s = (result["one dubbed stream"][name] for name in ("stream-worker, dubbing", "ffmpeg, sound filtered"))
    rows = [("CPU, share of ffmpeg's", worker["CPU %"] / ffmpeg_s["CPU %"], BUDGET["cpu"]),
            ("RSS, share of ffmpeg's", worker["RSS, kB"] / ffmpeg_s["RSS, kB"], BUDGET["rss"]),
            ("transport of a fragment (AAC), p50, ms", result["round trip of a fragment, ms"]["AAC"]["p50"], BUDGET["transport_ms"]),
            ("pictures later than asked for, p99, ms", result["pictures, ms"]["later than asked for"]["p99"], BUDGET["delay_ms"])]
    table = {what: {"measured": round(measured, 3), "at most": round(limit, 3), "": "met" if measured <= limit else "missed"}
             for what, measured, limit in rows}
    if "many" in result:
        share = result["many"]["fragments dubbed, %"]
        table["fragments dubbed of many streams, %"] = {"measured": share, "at most": f"at least {BUDGET['share']}",
                                                        "": "met" if share >= BUDGET["share"] else "missed"}
    return table


def measure_all(options, folder):
    relays = Relays(folder)
    try:
        relays.stack.start_router()
        relays.publish("bench")
        dubbing = Dubbing(relays, folder)
        one, trips = one_stream(relays, dubbing, options)
        result = {"one dubbed stream": one, "round trip of a fragment, ms": trips}
        if options.streams:
            result["many"] = {"dubbed streams": options.streams, **many_streams(relays, dubbing, options)}
        result["pictures, ms"] = {"later than asked for": delay_of_pictures(folder, relays.stack, options)}
    finally:
        relays.close()
    result["budget"] = budget(result)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="length of each measured window")
    parser.add_argument("--streams", type=int, default=20, help="how many are dubbed at once; 0 leaves that part out")
    parser.add_argument("--delay", type=int, default=10, help="--dub-delay of the workers, in seconds")
    parser.add_argument("--gstreamer", action="store_true", help="measure a GStreamer pipeline as well")
    parser.add_argument("--json", type=Path, help="write the result here")
    options = parser.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="tidegate-dub-cost-") as folder:
        result = measure_all(options, Path(folder))
    print("\n".join(parts.markdown({"parts": {"dubbing": result}})))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
