"""Compares the answers of the running router with contracts/control-api.json."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

CONTRACTS = Path(__file__).resolve().parents[2] / "specs" / "001-mediamtx-integration" / "contracts"


@pytest.fixture(scope="module")
def paths_list():
    schema = json.loads((CONTRACTS / "control-api.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def listed(stack, query=""):
    reply = stack.ask_api("/v3/paths/list" + query)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    return reply.json()


def test_a_live_path_keeps_the_contract(shared_stack, publish, frame_sums, stream, paths_list):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    frame_sums(shared_stack.rtsp(stream), "v")
    shared_stack.router.wait_log(f"is reading from path 'live/{stream}/in'")
    answer = listed(shared_stack)
    paths_list.validate(answer)
    item = next(i for i in answer["items"] if i["name"] == f"live/{stream}/in")
    assert item["ready"] and item["available"] and item["online"]
    assert item["readyTime"] == item["availableTime"] is not None
    assert item["tracks"] == [t["codec"] for t in item["tracks2"]] == ["H264", "MPEG-4 Audio"]
    assert item["tracks2"][0]["codecProps"]["width"] == 320
    assert item["tracks2"][1]["codecProps"] == {"sampleRate": 44100, "channelCount": 1}
    assert [r["type"] for r in item["readers"]] == ["rtspSession"]
    assert item["confName"].startswith("~^live/")
    assert item["inboundBytes"] == item["bytesReceived"] > 0


def test_an_idle_router_lists_nothing(new_stack, paths_list):
    stack = new_stack()
    stack.start_router()
    answer = listed(stack)
    paths_list.validate(answer)
    assert answer == {"itemCount": 0, "pageCount": 0, "items": []}
    stack.stop()


def test_pages_together_are_the_whole_list(new_stack, publish, paths_list):
    stack = new_stack()
    stack.start_router()
    names = [f"page-{i}" for i in range(3)]
    for name in names:
        publish(stack.rtmp(name))
    for name in names:
        stack.wait_live(name)
    pages = [listed(stack, f"?itemsPerPage=2&page={page}") for page in range(3)]
    for page in pages:
        paths_list.validate(page)
    assert [len(page["items"]) for page in pages] == [2, 1, 0]
    assert {(page["itemCount"], page["pageCount"]) for page in pages} == {(3, 2)}
    found = [item["name"] for page in pages for item in page["items"]]
    assert found == [f"live/{name}/in" for name in names]
    stack.stop()


@pytest.mark.parametrize("query,error", [
    ("?itemsPerPage=0", "invalid items per page"),
    ("?page=x", 'strconv.ParseUint: parsing "x": invalid syntax'),
])
def test_nonsense_is_answered_in_the_error_form(shared_stack, query, error):
    reply = shared_stack.ask_api("/v3/paths/list" + query)
    assert reply.status == 400
    assert reply.json() == {"status": "error", "error": error}


def test_a_path_is_found_by_name_with_raw_and_encoded_slashes(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream))
    shared_stack.wait_live(stream)
    for name in (f"live/{stream}/in", f"live%2F{stream}%2Fin"):
        assert shared_stack.ask_api(f"/v3/paths/get/{name}").json()["name"] == f"live/{stream}/in"
    missing = shared_stack.ask_api("/v3/paths/get/live/nobody/in")
    assert (missing.status, missing.json()) == (404, {"status": "error", "error": "path not found"})


def test_the_router_says_which_version_it_stands_for(shared_stack):
    info = shared_stack.ask_api("/v3/info").json()
    assert re.fullmatch(r"v1\.20\.1.*", info["version"])
    assert set(info) == {"version", "started"}


def test_the_source_of_a_path_is_a_connection_of_the_list(shared_stack, publish, stream):
    publish(shared_stack.rtmp(stream, query="lang=es"))
    shared_stack.wait_live(stream)
    source = shared_stack.paths()[f"live/{stream}/in"]["source"]
    connection = shared_stack.ask_api(f"/v3/rtmpconns/get/{source['id']}").json()
    assert (connection["state"], connection["path"], connection["query"]) == ("publish", f"live/{stream}/in", "lang=es")
