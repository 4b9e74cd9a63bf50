"""A stack in use, whose every program shows metrics: a publisher, a worker that says that it dubs, readers over each
protocol, and a destination."""

import json

from . import ffmpeg, http
from .dubbed import REPORT, DubbedStack
from .free_ports import free_ports
from .process import Process
from .router import BIN
from .rtmp_server import RtmpServer
from .wait import wait_until

STREAM = "observed"
SECONDS = 60


class ObservedStack(DubbedStack):
    def __init__(self, work_dir, clip):
        self.worker_port, self.forwarder_port = free_ports(2)
        self.target = RtmpServer()
        rules = {"rules": [{"streamId": STREAM, "destinations": [{"name": "target", "url": self.target.url("app/an-example-key")}]}]}
        (work_dir / "egress.json").write_text(json.dumps(rules))
        super().__init__(work_dir, **{
            "--egress-file": str(work_dir / "egress.json"), "--allow-destination": "127.0.0.0/8",
            "--forwarder-command": f"{BIN / 'stream-forwarder'} --metrics-listen 127.0.0.1:{self.forwarder_port}"})
        # There is one stream, so there is one worker, and the port is its own.
        self.service_flags["--worker-command"] += f" --metrics-listen 127.0.0.1:{self.worker_port}"
        self.clip, self.clients = clip, []

    def start(self):
        super().start()
        self.record()
        self.use()
        return self

    def record(self):
        """Has the output recorded, without a change for those who use the path."""
        settings = {"record": True, "recordPath": f"{self.work_dir}/recordings/%path/%s-%f"}
        reply = http.request("POST", self.api(f"/v3/config/paths/add/live/{STREAM}/out"), body=settings, headers=self.api_header)
        assert reply.status == 200, reply

    def use(self):
        """Begins to publish and to read. The programs run."""
        self.report(STREAM, REPORT)
        self.clients.append(ffmpeg.publish(self.clip, self.rtmp(STREAM, query="lang=es"), self.work_dir / "publisher.log", True))
        wait_until(lambda: self.is_live(STREAM, "out"), lambda: f"the output: {self.show(STREAM)}", SECONDS)
        wait_until(self._forwarder_answers, lambda: f"the forwarder: {self.show(STREAM)}", SECONDS)
        for number, (url, options) in enumerate([(self.rtmp(STREAM, "out"), []),
                                                 (self.rtsp(STREAM, "out"), ["-rtsp_transport", "tcp"]),
                                                 (self.hls(f"/live/{STREAM}/out/index.m3u8"), [])]):
            argv = ["ffmpeg", *ffmpeg.QUIET, *options, "-i", url, "-c", "copy", "-f", "null", "-"]
            self.clients.append(Process("reader", argv, self.work_dir / f"reader{number}.log"))
        wait_until(lambda: all(wanted in self.pages()["media-router"] for wanted in (
            'readerType="rtmpConn",state="ready"} 1', 'readerType="rtspSession",state="ready"} 1', 'hls_sessions{id="')),
            lambda: self.pages()["media-router"], SECONDS)
        # What workers measure comes with their reports, this one only after two key frames.
        wait_until(lambda: "tidegate_stream_keyframe_interval_seconds{" in self.pages()["media-service"],
                   lambda: self.pages()["media-service"], SECONDS)
        wait_until(lambda: "tidegate_destination_bytes_total{" in self.pages()["media-service"],
                   lambda: self.pages()["media-service"], SECONDS)
        wait_until(lambda: "tidegate_forwarder_forwarding 1" in self.pages()["stream-forwarder"], "a forwarder that forwards", SECONDS)

    def _forwarder_answers(self):
        try:
            return http.get(f"http://127.0.0.1:{self.forwarder_port}/metrics").status == 200
        except OSError:
            return False

    def targets(self):
        """{program: host:port}, where Prometheus finds their metrics."""
        return {"media-service": f"127.0.0.1:{self.settings.service_port}",
                "media-router": f"127.0.0.1:{self.settings.metrics_port}", "stream-worker": f"127.0.0.1:{self.worker_port}",
                "stream-forwarder": f"127.0.0.1:{self.forwarder_port}"}

    def pages(self):
        """{program: its metrics}"""
        return {program: http.get(f"http://{address}/metrics").text() for program, address in self.targets().items()}

    def stop(self):
        for client in self.clients:
            client.kill()
        self.target.close()
        super().stop()

    def kill(self):
        for client in self.clients:
            client.kill()
        self.target.close()
        super().kill()
