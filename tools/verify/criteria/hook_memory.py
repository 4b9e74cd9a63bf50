"""The peak memory of one hook call. It is read from /proc while the hook waits for its answer.

getrusage cannot be used, because it never shows less for a child than its parent had at the fork.
"""

import re
import socket
import subprocess
from pathlib import Path

ANSWER_SECONDS = 10
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def peak_megabytes(program, environment):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        hook = subprocess.Popen([program, "ready"], env={**environment, "ORCHESTRATOR_URL": url})
        server.settimeout(ANSWER_SECONDS)
        peer, _ = server.accept()
        with peer:
            request = b""
            while b"}" not in request:  # the end of the body: the hook has only to read the answer now
                request += peer.recv(65536)
            status = Path(f"/proc/{hook.pid}/status").read_text()
            peer.sendall(REPLY)
        assert hook.wait(ANSWER_SECONDS) == 0
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024 / 1e6
