"""GStreamer's gst-launch-1.0: pipelines that read and end by themselves, with a check of how they ended, and one that publishes."""

import os
import re
import shutil
import subprocess

from .process import Process

SECONDS = 60
# Instead of 0.1 s, after which rtspsrc would interrupt its own TEARDOWN.
TEARDOWN_TIMEOUT = f"teardown-timeout={20 * 10**9}"


def can_publish_rtsp():
    return shutil.which("gst-inspect-1.0") and not subprocess.run(["gst-inspect-1.0", "rtspclientsink"],
                                                                  capture_output=True).returncode


def publish_rtsp(clip, url, log_path):
    """Publishes an FLV file with H.264 and AAC in real time, with rtspclientsink over TCP."""
    return Process("publisher", ["gst-launch-1.0", "-q", "filesrc", f"location={clip}", "!", "flvdemux", "name=d",
                                 "d.video", "!", "queue", "!", "h264parse", "!", "s.sink_0",
                                 "d.audio", "!", "queue", "!", "aacparse", "!", "s.sink_1",
                                 "rtspclientsink", "name=s", "protocols=tcp", f"location={url}"], log_path)


def read(*pipeline):
    """Runs the pipeline. It must receive what it needs, and end without an error."""
    done = subprocess.run(["gst-launch-1.0", "-q", *pipeline], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr


def read_rtsp(url, folder, flags, pictures=30):
    """Reads and decodes so many pictures over RTSP. Returns their bytes. folder: where the pipeline may write."""
    decoded, debug_log = folder / "pictures", folder / "gstreamer.log"
    done = subprocess.run(["gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "latency=0", TEARDOWN_TIMEOUT, *flags,
                           "!", "rtph264depay", "!", "h264parse", "!", "avdec_h264", "!", "identity",
                           f"eos-after={pictures}", "!", "filesink", f"location={decoded}"],
                          env={**os.environ, "GST_DEBUG": "rtspsrc:5", "GST_DEBUG_FILE": str(debug_log)},
                          capture_output=True, text=True, timeout=SECONDS)
    _assert_left_well(done, debug_log)
    return decoded.stat().st_size


def _assert_left_well(done, debug_log):
    """Exit code 0 and no error, except for one race inside rtspsrc of GStreamer 1.22. It occurs under load, and with
    MediaMTX, too: on the way from PAUSED to READY, one thread interrupts the connection when another thread has begun a
    PAUSE request but has not written it yet. Then the write fails inside the client, no byte is sent, and the client
    reports an error. Its debug log shows this."""
    if done.returncode == 0 and "ERROR" not in done.stderr:
        return
    assert "connection flush busy PAUSE" in debug_log.read_text(errors="replace"), done.stderr
    faults = set(re.findall(r"(\w+) \(\):", done.stderr))
    assert faults == {"gst_rtspsrc_try_send", "gst_rtspsrc_pause"}, done.stderr
