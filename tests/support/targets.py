"""Real servers to which a forwarder pushes: nginx-rtmp and MediaMTX. Each says which streams it has."""

import re
import shutil
from pathlib import Path

from . import http
from .free_ports import free_ports
from .process import Process
from .wait import wait_until

NGINX_MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")

NGINX_CONFIG = """daemon off;
load_module {module};
error_log {folder}/nginx-error.log info;
pid {folder}/nginx.pid;
worker_processes 1;
events {{ worker_connections 64; }}
rtmp {{
    server {{
        listen 127.0.0.1:{port};
        application live {{
            live on;
            notify_method get;
            on_publish http://127.0.0.1:{http}/auth;
        }}
    }}
}}
http {{
    access_log off;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{http};
        location /stat {{ rtmp_stat all; }}
        location /auth {{ if ($arg_pass = "wrong") {{ return 403; }} return 200; }}
    }}
}}
"""


def nginx_is_missing():
    """Why nginx-rtmp cannot run here; empty: it can."""
    if not shutil.which("nginx"):
        return "nginx is not installed"
    return "" if NGINX_MODULE.exists() else "libnginx-mod-rtmp is not installed"


class NginxRtmp:
    """nginx-rtmp. It refuses whoever publishes with ?pass=wrong."""

    def __init__(self, folder):
        self.folder = folder
        self.port, self.http = free_ports(2)
        config = folder / "nginx.conf"
        config.write_text(NGINX_CONFIG.format(module=NGINX_MODULE, folder=folder, port=self.port, http=self.http))
        self.argv = ["nginx", "-p", str(folder), "-c", str(config)]
        self.process = None
        self.start()

    def start(self):
        self.process = Process("nginx", self.argv, self.folder / "nginx.log")
        wait_until(lambda: self._page() is not None, lambda: f"nginx:\n{self.process.log()}")

    def url(self, key):
        return f"rtmp://127.0.0.1:{self.port}/live/{key}"

    def _page(self):
        try:
            reply = http.get(f"http://127.0.0.1:{self.http}/stat")
        except OSError:
            return None
        return reply.text() if reply.status == 200 else None

    def bytes_of(self, name):
        """Bytes that it has received of this stream. None: nobody publishes it."""
        for stream in re.findall(r"<stream>(.*?)</stream>", self._page() or "", re.S):
            if f"<name>{name}</name>" in stream and "<publishing/>" in stream:
                return int(re.search(r"<bytes_in>(\d+)</bytes_in>", stream).group(1))
        return None

    def codecs_of(self, name):
        for stream in re.findall(r"<stream>(.*?)</stream>", self._page() or "", re.S):
            if f"<name>{name}</name>" in stream:
                return re.findall(r"<codec>(.*?)</codec>", stream)
        return []

    def kill(self):
        """With SIGTERM: a killed master would leave its worker behind, which would go on to serve."""
        self.process.terminate()
