"""`make dev SECURE=1`, natively and in containers (ENGINE=docker), delivers a stream over RTMPS while a destination and the source come
and go."""

import uuid

import pytest
from devstack import credentials, secure
from support import base_images, ffmpeg
from support.delivery import Delivery
from support.delivery_targets import DeliveryTargets
from support.dev_stack import DevStack
from support.process import Process


@pytest.fixture(params=["native", "docker"])
def stack(request, tmp_path):
    variables = {"ENGINE": request.param, "BIND": "127.0.0.1"}
    if request.param == "docker":
        base_images.ensure(tmp_path)
        variables = {"ENGINE": "docker", "BIND": base_images.bridge_address(), "ROUTER": "",
                     "COMPOSE_PROJECT_NAME": f"tidegate-test-{uuid.uuid4().hex[:8]}"}
    made = DevStack(tmp_path / "run", SECURE="1", ON_SOURCE_LOST="hold", ALLOW_PRIVATE_DESTINATIONS="true", **variables)
    with made.running():
        yield made


@pytest.fixture
def targets(stack, tmp_path):
    """They have the certificate of the installation, as a second site would."""
    tls = secure.folder(stack.settings) / "tls"
    made = DeliveryTargets(tmp_path, tls / "server.pem", tls / "server.key", stack.variables["BIND"])
    yield made
    made.close()


class Clients:
    def __init__(self, stack, folder, clips):
        self.stack, self.folder, self.clip = stack, folder, clips.get("av")
        self.count = 0

    def log(self):
        self.count += 1
        return self.folder / f"client{self.count}.log"

    def ask(self, path, method="GET", body=None):
        reply = self.stack.ask(path, method, body)
        return reply.json() if reply.status < 300 else None

    def publish(self, stream):
        query = credentials.publisher_query(self.stack.settings)
        return ffmpeg.publish(self.clip, f"{self.stack.rtmp(stream)}?{query}", self.log())

    def read(self, stream):
        argv = ["ffmpeg", *ffmpeg.QUIET, "-rtsp_transport", "tcp", "-i", self.stack.viewer_rtsp(stream), "-c", "copy", "-f", "null", "-"]
        return Process("reader", argv, self.log())


def test_a_stream_is_delivered_while_destination_and_source_come_and_go(stack, targets, clips, tmp_path):
    clients = Clients(stack, tmp_path, clips)
    Delivery(targets, stack.variables["BIND"], clients.ask, clients.publish, clients.read,
             lambda: stack.run("logs", FOLLOW="0")[1][-5000:]).assert_delivers()
    secrets = [value for name, value in credentials.of(stack.settings).items() if name.endswith(("PASSWORD", "TOKEN"))]
    shown = stack.run("logs", FOLLOW="0")[1]
    assert shown and not [secret for secret in [*secrets, "good-key", "bad-key"] if secret in shown]
