"""One media-service with two routers: a stream belongs to the router that has it, and so does its worker."""

import contextlib

import pytest
from support import http
from support.fleet import Fleet, command_line
from support.stack import Stack
from support.wait import wait_until

SECONDS = 90  # a busy machine may need this long


class TwoRouters:
    """The stack of the first router and of media-service, and the second router, whose hooks go to the same media-service."""

    def __init__(self, folder):
        self.second = Stack(folder / "second", run_dir=str(folder))
        self.first = Stack(folder / "first", run_dir=str(folder), worker_mode="process",
                           service_port=self.second.settings.service_port)
        for stack in (self.first, self.second):
            stack.work_dir.mkdir()
        self.first.service_flags = {"--routers": ",".join(map(self.address, (self.first, self.second))), "--grace-period": "20s"}
        self.fleet = Fleet(self.first)

    @staticmethod
    def address(stack):
        settings = stack.settings
        return "+".join(settings.url(scheme, port) for scheme, port in
                        (("http", settings.api_port), ("rtsp", settings.rtsp_port), ("rtmp", settings.rtmp_port)))

    @staticmethod
    def name(stack):
        return f"127.0.0.1:{stack.settings.api_port}"

    def start(self):
        self.first.start_router()
        self.second.start_router()
        self.first.start_service()
        return self

    def stop(self):
        self.first.stop()
        self.second.stop()

    def kill(self):
        self.first.kill()
        self.second.kill()

    def wait_running(self, stream, stack):
        """Waits until the stream has its one worker, at this router, and its output is there. Returns the worker's pid."""
        def running():
            view = self.first.show(stream)
            worker = view.get("worker") or {}
            there = view.get("router") == worker.get("router") == self.name(stack)
            return view.get("state") == "running" and there and view["output"]["readable"] and worker["pid"]
        pid = wait_until(running, lambda: f"{stream} at {self.name(stack)}: {self.first.show(stream)}", SECONDS)
        assert self.fleet.workers().get(stream) == [pid], "exactly one worker"
        words = command_line(pid)
        assert words[words.index("--input") + 1] == stack.settings.url("rtsp", stack.settings.rtsp_port, f"/live/{stream}/in")
        # What is known of a router that comes back is as old as its last list.
        wait_until(lambda: stack.is_live(stream, "out"), f"{stream}'s output", SECONDS)
        return pid

    def routers(self):
        return {item["name"]: item for item in http.get(self.first.service_url("/v1/routers")).json()["items"]}


@pytest.fixture
def two(tmp_path):
    with contextlib.ExitStack() as ends:
        routers = TwoRouters(tmp_path)
        ends.callback(routers.kill)
        yield routers.start()
        routers.stop()


def test_each_stream_is_served_at_its_router(two, publish):
    publish(two.first.rtmp("one"))
    publish(two.second.rtmp("two"))
    two.wait_running("one", two.first)
    two.wait_running("two", two.second)
    assert not two.first.is_live("two", "out") and not two.second.is_live("one", "out")
    listed = http.get(two.first.service_url(f"/v1/streams?router={two.name(two.second)}")).json()
    assert [item["streamId"] for item in listed["items"]] == ["two"]
    wait_until(lambda: all(router["reachable"] and router["paths"] == 2 for router in two.routers().values()),
               lambda: f"in and out at each router: {two.routers()}", SECONDS)


def test_a_worker_follows_its_publisher_to_another_router(two, publish):
    publisher = publish(two.first.rtmp("moves"))
    two.wait_running("moves", two.first)
    run = two.first.show("moves")["runId"]
    publisher.kill()
    publish(two.second.rtmp("moves"))
    two.wait_running("moves", two.second)
    assert two.first.show("moves")["runId"] == run


def test_of_two_sessions_the_newest_counts_and_it_is_told(two, publish):
    publish(two.first.rtmp("both"))
    two.wait_running("both", two.first)
    newer = publish(two.second.rtmp("both"))
    two.wait_running("both", two.second)
    wait_until(lambda: two.first.show("both")["alsoOn"] == [two.name(two.first)], "the other router is told", SECONDS)
    wait_until(lambda: two.fleet.metric("tidegate_router_conflicts_total") == 1, "the conflict is counted", SECONDS)
    assert two.fleet.metric("tidegate_streams_on_several_routers") == 1
    assert '"stream.on_two_routers"' in two.first.service.log()
    newer.kill()
    two.wait_running("both", two.first)
    wait_until(lambda: two.first.show("both")["alsoOn"] == [], "no other router", SECONDS)


def test_a_router_that_is_gone_takes_only_its_own_streams(two, publish):
    publish(two.first.rtmp("stays"))
    publish(two.second.rtmp("waits"))
    pid = two.wait_running("stays", two.first)
    two.wait_running("waits", two.second)
    two.second.router.kill()
    wait_until(lambda: not two.routers()[two.name(two.second)]["reachable"], "the router is missed", SECONDS)
    assert two.fleet.metric("tidegate_router_up", router=two.name(two.second)) == 0
    assert two.fleet.metric("tidegate_router_up", router=two.name(two.first)) == 1
    assert http.get(two.first.service_url("/readyz")).status == 200, "one router is enough"
    lists = two.fleet.metric("tidegate_resync_seconds_count")
    wait_until(lambda: two.fleet.metric("tidegate_resync_seconds_count") > lists + 6, "some more lists", SECONDS)
    assert two.first.show("waits")["live"], "nothing is known of it, so it is not given up"
    assert two.fleet.workers()["stays"] == [pid]
    two.second.start_router()
    publish(two.second.rtmp("waits"))
    two.wait_running("waits", two.second)


def test_a_new_service_adopts_the_workers_of_all_routers(two, publish):
    publish(two.first.rtmp("one"))
    publish(two.second.rtmp("two"))
    pids = [two.wait_running("one", two.first), two.wait_running("two", two.second)]
    two.first.service.kill()
    two.first.start_service()
    assert [two.wait_running("one", two.first), two.wait_running("two", two.second)] == pids


def test_a_dns_name_stands_for_its_addresses(new_stack, publish):
    stack = new_stack(worker_mode="process")
    stack.service_flags = {"--routers": f"dns:localhost:{stack.settings.api_port}"}
    stack.start()
    publish(stack.rtmp("named"))
    wait_until(lambda: stack.show("named").get("router") == TwoRouters.name(stack)
               and stack.show("named")["output"]["readable"], lambda: str(stack.show("named")), SECONDS)
    stack.stop()


def test_wrong_routers_are_refused_at_start(new_stack):
    stack = new_stack()
    stack.service_flags = {"--routers": "http://a:1,rtsp://b:2"}
    with pytest.raises(AssertionError, match="--routers is not accepted"):
        stack.start_service()
