"""GStreamer's gst-launch-1.0: pipelines that read and end by themselves, and how they ended; one that publishes."""

import os
import re
import shutil
import subprocess

from .process import Process

SECONDS = 60
# Of 0.1 s, after which rtspsrc interrupts its own TEARDOWN.
TEARDOWN_TIMEOUT = f"teardown-timeout={20 * 10**9}"


def can_publish_rtsp():
    return shutil.which("gst-inspect-1.0") and not subprocess.run(["gst-inspect-1.0", "rtspclientsink"],
                                                                  capture_output=True).returncode


def publish_rtsp(clip, url, log_path):
    """An FLV file of H.264 and AAC in real time, by rtspclientsink over TCP."""
    return Process("publisher", ["gst-launch-1.0", "-q", "filesrc", f"location={clip}", "!", "flvdemux", "name=d",
                                 "d.video", "!", "queue", "!", "h264parse", "!", "s.sink_0",
                                 "d.audio", "!", "queue", "!", "aacparse", "!", "s.sink_1",
                                 "rtspclientsink", "name=s", "protocols=tcp", f"location={url}"], log_path)


def read(*pipeline):
    """What the pipeline needs arrives, and it finds no fault with it."""
    done = subprocess.run(["gst-launch-1.0", "-q", *pipeline], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr


def read_rtsp(url, folder, flags, pictures=30):
    """So many pictures over RTSP, decoded; the bytes of them. folder: for what the pipeline writes."""
    decoded, debug_log = folder / "pictures", folder / "gstreamer.log"
    done = subprocess.run(["gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "latency=0", TEARDOWN_TIMEOUT, *flags,
                           "!", "rtph264depay", "!", "h264parse", "!", "avdec_h264", "!", "identity",
                           f"eos-after={pictures}", "!", "filesink", f"location={decoded}"],
                          env={**os.environ, "GST_DEBUG": "rtspsrc:5", "GST_DEBUG_FILE": str(debug_log)},
                          capture_output=True, text=True, timeout=SECONDS)
    _assert_left_well(done, debug_log)
    return decoded.stat().st_size


def _assert_left_well(done, debug_log):
    """Exit code 0 and no error, but for one race that rtspsrc of GStreamer 1.22 has with itself, under load and with
    MediaMTX as well: its way from PAUSED to READY interrupts the connection after its other thread has taken up PAUSE
    and before that has written it. The write then fails inside the client, no byte is sent, and it is called an error;
    its debug log tells."""
    if done.returncode == 0 and "ERROR" not in done.stderr:
        return
    assert "connection flush busy PAUSE" in debug_log.read_text(errors="replace"), done.stderr
    faults = set(re.findall(r"(\w+) \(\):", done.stderr))
    assert faults == {"gst_rtspsrc_try_send", "gst_rtspsrc_pause"}, done.stderr
