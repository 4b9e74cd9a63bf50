"""hls.js, the player of HLS that most pages use, from the npm registry. It is fetched once for each build directory, for
development only: nothing of it is shipped. If it is not available, tests that need it are skipped.
"""

import contextlib
import fcntl
import functools
import http.server
import os
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / os.environ.get("BUILD_DIR", "build/dev") / "test-tools"
PACKAGE = "hls.js@1.7.0"  # the one that MediaMTX 1.20.1 has
DOWNLOAD_SECONDS = 120
PAGE = b"""<!doctype html><video id=video muted autoplay></video><script src=/hls.min.js></script><script>
const video = document.getElementById('video'), errors = [];
const hls = new Hls({lowLatencyMode: true});
hls.on(Hls.Events.ERROR, (_, error) => errors.push(`${error.fatal ? 'fatal ' : ''}${error.details}: ${error.error}`));
hls.on(Hls.Events.MANIFEST_LOADED, () => video.play());
hls.loadSource(new URLSearchParams(location.search).get('url'));
hls.attachMedia(video);
const state = () => ({pictures: video.getVideoPlaybackQuality().totalVideoFrames, sound: video.webkitAudioDecodedByteCount,
                      width: video.videoWidth, latency: hls.latency, errors,
                      languages: hls.audioTracks.map(track => track.lang)});
</script>"""


@contextlib.contextmanager
def page():
    """Serves a page that plays ?url=... Yields its address."""
    script = (_folder() / "hls.min.js").read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = script if self.path == "/hls.min.js" else PAGE if self.path.startswith("/?url=") else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/javascript" if body is script else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _folder():
    found, reason = _find()
    if not found:
        pytest.skip(f"no hls.js ({PACKAGE} from npm): {reason}")
    return found


@functools.cache
def _find():
    """(folder with hls.min.js, None), or (None, reason)."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        try:
            if not (FOLDER / "hls.min.js").exists():
                _fetch()
        except (OSError, KeyError, subprocess.SubprocessError) as error:
            return None, str(error).splitlines()[0]
    return FOLDER, None


def _fetch():
    done = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=FOLDER, capture_output=True, text=True, check=True,
                          timeout=DOWNLOAD_SECONDS)
    package = FOLDER / done.stdout.split()[-1]
    with tarfile.open(package) as archive:
        script = archive.extractfile("package/dist/hls.min.js").read()
    partial = FOLDER / "hls.min.js.partial"
    partial.write_bytes(script)
    partial.rename(FOLDER / "hls.min.js")
    package.unlink()
