"""segment-archiver: finished segments reach the bucket, each at least once and in order, whatever happens on the way."""

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import time

import pytest
from support import http, metrics_table
from support.archiver import LOGIN, Archiver, Segments, environment
from support.making import making
from support.real_s3 import RealS3
from support.router import BIN
from support.s3_server import BUCKET, KEY_ID, REGION, SECRET, Metadata, S3Server
from support.wait import wait_until

MIB = 1024 * 1024
LARGE = 64 * MIB + 12_345  # the smallest that goes in parts is a byte above 64 MiB


@pytest.fixture
def server():
    with contextlib.closing(S3Server()) as running:
        yield running
        assert running.problems == []


@pytest.fixture
def segments(tmp_path):
    return Segments(tmp_path)


@pytest.fixture
def archive(tmp_path, server):
    """Starts daemons: archive(*arguments, endpoint=the server's). They are killed after the test."""
    numbers = itertools.count()

    def start(*arguments, endpoint=None, **options):
        return Archiver(tmp_path, endpoint or server.url, *arguments, name=f"archiver{next(numbers)}", **options)

    def end(program):
        program.kill()
        assert SECRET not in program.log()

    yield from making(start, end)


def assert_all_there(server, segments, seconds=60):
    wait_until(lambda: not segments.waiting(), lambda: f"{len(segments.waiting())} wait, {len(server.objects)} are there", seconds)
    assert server.objects == segments.made
    for path, keys in segments.order.items():
        arrived = [key for key in server.arrived if key in set(keys)]
        assert arrived == sorted(arrived, key=keys.index), path
        assert list(dict.fromkeys(arrived)) == keys, path


# The hook.

def test_the_hook_leaves_at_once_also_when_nobody_works_the_spool(segments):
    segments.add("live/a/out", "first.mp4")
    file = segments.file("live/a/out", "second.mp4", 10)
    took = []
    for _ in range(5):
        begun = time.monotonic()
        assert segments.hook("live/a/out", file, "add").returncode == 0
        took.append(time.monotonic() - begun)
    assert min(took) < 0.1, took
    assert len(segments.waiting()) == 6
    entry = json.loads(segments.waiting()[0].read_text())
    assert entry["path"] == "live/a/out" and entry["file"].endswith("/live/a/out/first.mp4") and entry["duration"] == "10.021"


def test_a_full_spool_is_told_and_nothing_is_lost(segments):
    segments.add("x", "1.mp4")
    done = segments.hook("x", segments.file("x", "2.mp4", 10), "--max-segments=1")
    assert done.returncode == 1 and "is full: 1 segments wait" in done.stderr and done.stderr.count("\n") == 1
    assert len(segments.waiting()) == 1


@pytest.mark.parametrize("variables, words", [
    ({}, "MTX_PATH and MTX_SEGMENT_PATH must be set"),
    ({"MTX_PATH": "x", "MTX_SEGMENT_PATH": "/no/such/1.mp4"}, "open /no/such/1.mp4: No such file"),
    ({"MTX_PATH": "x", "MTX_SEGMENT_PATH": "/dev/null"}, "is not a regular file"),
])
def test_a_hook_that_cannot_add_says_why(segments, variables, words):
    done = subprocess.run([str(BIN / "segment-archiver"), "--spool", str(segments.spool)], capture_output=True, text=True, timeout=60,
                          env=environment(**variables))
    assert done.returncode == 1 and words in done.stderr


# The daemon.

def test_segments_arrive_whole_with_what_is_known_of_them(server, segments, archive):
    key = segments.add("live/a b/\u00e9+out", "2026-01-02_03-04-05-000006.mp4", 100_000)
    segments.add("live/b/out", "1.ts", 0)
    program = archive().started()
    assert_all_there(server, segments)
    segments.add("live/b/out", "2.ts")  # while the daemon runs
    assert_all_there(server, segments)
    headers = {name.lower(): value for name, value in server.headers[key].items()}
    assert headers["content-type"] == "video/mp4" and headers["x-amz-meta-duration"] == "10.021"
    assert headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={KEY_ID}/")
    assert {name.lower(): value for name, value in server.headers["live/b/out/1.ts"].items()}["content-type"] == "video/mp2t"
    wait_until(lambda: len(program.lines("segment.uploaded")) == 3, program.log)
    assert program.metric("tidegate_archive_segments_total") == 3
    assert program.metric("tidegate_archive_segment_bytes_total") == sum(len(body) for body in segments.made.values())
    assert program.metric("tidegate_archive_spool_segments") == 0 and program.metric("tidegate_archive_oldest_seconds") == 0
    assert not list((segments.spool / "state").iterdir())
    assert segments.folder.joinpath(key).exists(), "kept, unless --delete-local"


def test_streams_go_side_by_side_and_each_in_order(server, segments, archive):
    for number in range(6):
        for path in ("live/a/out", "live/b/out", "live/c/out"):
            segments.add(path, f"{number}.mp4")
    held = []

    def hold_a(request):
        if request.key == "live/a/out/0.mp4":
            held.append(request.key)
            wait_until(lambda: sum(key.startswith(("live/b", "live/c")) for key in server.arrived) == 12, "b and c", 60)
        return False

    server.fault = hold_a
    archive()
    assert_all_there(server, segments)
    assert held == ["live/a/out/0.mp4"]


def test_one_spool_has_one_daemon(segments, archive):
    archive().started()
    second = archive()
    assert second.wait(60) == 1
    assert "another segment-archiver works the spool" in second.log()


def test_the_template_of_the_key(server, segments, archive):
    key = segments.add("live/a/out", "1.mp4")
    os.utime(segments.folder / key, (1_700_000_000, 1_700_000_000))  # 2023-11-14
    entry = segments.waiting()[0]
    entry.write_text(json.dumps({**json.loads(entry.read_text()), "modifiedNs": 1_700_000_000_000_000_000}))
    archive("--key=day/%Y-%m-%d/%H/%path/%file")
    wait_until(lambda: server.arrived, "nothing arrived")
    assert server.arrived == ["day/2023-11-14/22/live/a/out/1.mp4"]


def test_virtual_host_addressing(server, segments, archive):
    segments.add("live/a/out", "1.mp4")
    archive("--addressing=virtual", endpoint=f"http://localhost:{server.port}")
    assert_all_there(server, segments)
    assert server.requests[0][2]["Host"] == f"{BUCKET}.localhost:{server.port}"


def test_without_tls_no_proxy_sees_what_is_sent(server, segments, archive):
    with contextlib.closing(S3Server()) as proxy:
        segments.add("live/a/out", "1.mp4")
        archive(http_proxy=proxy.url, HTTP_PROXY=proxy.url, all_proxy=proxy.url)
        assert_all_there(server, segments)
        assert proxy.requests == []


def test_tls_needs_a_certificate_that_is_known(segments, archive, tmp_path):
    pem, name = tmp_path / "server.pem", "/CN=127.0.0.1"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", name, "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", str(pem), "-out", str(tmp_path / "ca.pem")], check=True, capture_output=True)
    with open(pem, "a") as file:
        file.write((tmp_path / "ca.pem").read_text())
    with contextlib.closing(S3Server(certificate=pem)) as secure:
        segments.add("live/a/out", "1.mp4")
        first = archive(endpoint=secure.url)
        first.wait_failure("network")
        assert secure.requests == [] and "certificate" in first.log()
        first.terminate()
        archive(f"--ca-file={tmp_path / 'ca.pem'}", endpoint=secure.url)
        assert_all_there(secure, segments)
        assert secure.problems == []


# Large segments.

def test_a_large_segment_goes_in_parts(server, segments, archive):
    key = segments.add("live/a/out", "large.mp4", LARGE)
    program = archive()
    assert_all_there(server, segments)
    assert server.asked("part") == [key] * 5 and server.asked("complete") == [key] and server.asked("put") == []
    assert server.headers[key]["x-amz-meta-duration"] == "10.021" and server.uploads == {}
    wait_until(lambda: program.lines("segment.uploaded"), program.log)
    assert program.lines("segment.uploaded")[0]["parts"] == 5


def test_an_interrupted_multipart_upload_is_resumed(server, segments, archive):
    segments.add("live/a/out", "large.mp4", LARGE)
    program = archive()
    wait_until(lambda: len(server.asked("part")) == 3, "no third part", 60)
    program.kill()
    before = len(server.asked("part"))
    again = archive()
    assert_all_there(server, segments)
    assert len(server.asked("create")) == 1
    assert len(server.asked("part")) - before <= 4, "what had arrived was not sent again"
    wait_until(lambda: again.lines("segment.uploaded"), again.log)
    assert again.lines("segment.uploaded")[0]["resumedParts"] >= 1


def test_an_upload_whose_id_was_lost_is_aborted(server, segments, archive):
    segments.add("live/a/out", "large.mp4", LARGE)
    program = archive()

    def kill_before_the_answer(request):
        if request.operation != "create":
            return False
        request.read_body()
        with server.lock:
            server.uploads["lost"] = {"key": request.key, "parts": {}, "headers": {}}
        program.kill()
        return True

    server.fault = kill_before_the_answer
    assert program.popen.wait(60)
    server.fault = lambda request: False
    archive()
    assert_all_there(server, segments)
    assert server.asked("abort") and server.uploads == {}


def test_an_upload_that_the_server_has_forgotten_begins_anew(server, segments, archive):
    segments.add("live/a/out", "large.mp4", LARGE)

    def forget_once(request):
        if request.operation == "part" and request.query["partNumber"] == "3" and len(server.asked("create")) == 1:
            with server.lock:
                server.uploads.clear()
        return False

    server.fault = forget_once
    archive()
    assert_all_there(server, segments)
    assert len(server.asked("create")) == 2


# What may go wrong.

def hang(request):
    request.read_body()
    time.sleep(4)
    request.close_connection = True
    return True


def drop(request):
    request.close_connection = True
    return True


def truncate(request):
    request.read_body()
    request.answer(200, b"<half", headers={"ETag": '"d41d8cd98f00b204e9800998ecf8427e"', "Content-Length": "1000"})
    request.close_connection = True
    return True


def wrong_etag(request):
    request.read_body()
    request.answer(200, headers={"ETag": '"00000000000000000000000000000000"'})
    return True


def no_etag(request):
    request.read_body()
    request.answer(200)
    return True


def flood(request):
    request.read_body()
    request.answer(500, b"x" * (4 * MIB))
    return True


def many_headers(request):
    request.read_body()
    request.answer(500, headers={f"X-{number}": "y" * 1000 for number in range(200)})
    return True


def says(status, code, message="as the test wants"):
    def fault(request):
        request.read_body()
        request.error(status, code, message)
        return True
    return fault


@pytest.mark.parametrize("fault, reason", [
    (hang, "timeout"), (drop, "network"), (truncate, "network"), (wrong_etag, "checksum"), (no_etag, "answer"), (flood, "answer"),
    (many_headers, "answer"), (says(500, "InternalError"), "server"), (says(503, "SlowDown"), "server"),
    (says(403, "AccessDenied", "\n{\"forged\": \"line\"}"), "refused"), (says(404, "NoSuchBucket"), "refused"),
    (says(403, "RequestTimeTooSkewed"), "clock"), (says(400, "BadDigest"), "checksum"),
], ids=lambda value: getattr(value, "__name__", value))
def test_a_server_that_misbehaves_is_asked_again(server, segments, archive, fault, reason):
    segments.add("live/a/out", "1.mp4")
    segments.add("live/a/out", "2.mp4")
    server.fault = fault
    program = archive("--slow-timeout=1s")
    program.wait_failure(reason)
    line = wait_until(lambda: program.lines("segment.retry"), program.log)[0]
    assert line["reason"] == reason and line["path"] == "live/a/out" and line["retryMs"] >= 500
    assert server.objects == {} and len(segments.waiting()) == 2
    assert set(server.asked("put")) == {"live/a/out/1.mp4"}, "in order"
    if reason == "clock":
        assert "set the clock of this machine" in line["msg"] and "GMT there" in line["msg"]
    server.fault = lambda request: False
    assert_all_there(server, segments)


def test_a_redirect_is_not_followed_and_the_credentials_stay(server, segments, archive):
    with contextlib.closing(S3Server()) as elsewhere:
        segments.add("live/a/out", "1.mp4")

        def redirect(request):
            request.read_body()
            request.answer(307, headers={"Location": elsewhere.url + request.path, "x-amz-bucket-region": "eu-west-9"})
            return True

        server.fault = redirect
        program = archive()
        program.wait_failure("redirect")
        assert elsewhere.requests == []
        assert "the bucket's region is eu-west-9" in program.log()


def test_an_error_in_a_successful_answer_is_an_error(server, segments, archive):
    segments.add("live/a/out", "large.mp4", LARGE)

    def fail_once(request):
        if request.operation != "complete" or len(server.asked("complete")) > 1:
            return False
        request.read_body()
        request.error(200, "InternalError")
        return True

    server.fault = fail_once
    program = archive()
    assert_all_there(server, segments)
    assert program.failures("server") == 1 and len(server.asked("part")) == 5


def test_wrong_credentials_are_refused_and_never_told(server, segments, archive):
    segments.add("live/a/out", "1.mp4")
    program = archive(login={"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": "another-secret"})
    program.wait_failure("refused")
    assert "SignatureDoesNotMatch" in program.log() and "another-secret" not in program.log()
    server.problems.clear()
    program.kill()


@pytest.mark.parametrize("status, code", [(400, "InvalidRequest"), (403, "AccessDenied"), (413, "")])
def test_an_object_that_the_server_refuses_does_not_block_its_stream(server, segments, archive, status, code):
    """It is given up when the server takes those behind it."""
    refused = segments.add("live/a/out", "1.mp4")
    for number in (2, 3):
        segments.add("live/a/out", f"{number}.mp4")
    server.fault = lambda request: request.key == refused and says(status, code)(request)
    program = archive()
    del segments.made[refused]
    segments.order["live/a/out"].remove(refused)
    assert_all_there(server, segments, 120)
    assert server.asked("put")[:5] == [refused] * 5
    wait_until(lambda: program.lines("segment.given-up"), program.log)
    [line] = program.lines("segment.given-up")
    assert line["reason"] == "object" and refused in line["msg"] and line["path"] == "live/a/out"
    assert len(segments.waiting("dead")) == 1
    wait_until(lambda: program.metric("tidegate_archive_dead_segments"), program.page)
    assert program.metric("tidegate_archive_dead_segments") == 1
    assert program.failures("refused") == 5 and program.failures("object") == 1


def test_while_the_server_refuses_everything_nothing_is_given_up(server, segments, archive):
    for number in range(3):
        segments.add("live/a/out", f"{number}.mp4")
    server.fault = says(403, "AccessDenied")
    program = archive()
    wait_until(lambda: len(set(server.asked("put"))) > 1, program.log, 120)  # those behind were tried, too
    assert not segments.waiting("dead") and len(segments.waiting()) == 3
    server.fault = lambda request: False
    wait_until(lambda: not segments.waiting(), program.log, 120)
    assert server.objects == segments.made and not segments.waiting("dead")


def test_a_segment_that_is_gone_or_changed_is_given_up_and_the_others_go_on(server, segments, archive):
    gone, changed = segments.add("live/a/out", "gone.mp4"), segments.add("live/a/out", "changed.mp4")
    segments.add("live/a/out", "good.mp4")
    (segments.folder / gone).unlink()
    (segments.folder / changed).write_bytes(b"other")
    for key in (gone, changed):
        del segments.made[key]
        segments.order["live/a/out"].remove(key)
    program = archive()
    assert_all_there(server, segments)
    assert len(segments.waiting("dead")) == 2
    lines = wait_until(lambda: program.lines("segment.given-up")[1:] and program.lines("segment.given-up"), program.log)
    assert [line["reason"] for line in lines] == ["missing", "changed"] and gone in lines[0]["msg"]
    assert program.metric("tidegate_archive_dead_segments") == 2


def test_a_file_that_changes_while_it_is_uploaded_is_not_taken_for_archived(server, segments, archive):
    key = segments.add("live/a/out", "1.mp4", 200_000)

    def change(request):
        (segments.folder / key).write_bytes(b"other")
        return False

    server.fault = change
    program = archive("--delete-local")
    wait_until(lambda: program.lines("segment.given-up") or program.lines("segment.retry"), program.log)
    wait_until(lambda: segments.waiting("dead"), program.log, 60)
    assert (segments.folder / key).read_bytes() == b"other"
    server.problems.clear()  # the body may have been cut off


def test_an_entry_that_is_damaged_does_not_stop_the_others(server, segments, archive):
    segments.add("live/a/out", "1.mp4")
    (segments.spool / "queue" / f"{1:020}.json").write_text("{\"path\":")
    program = archive()
    assert_all_there(server, segments)
    wait_until(lambda: segments.waiting("dead"), program.log)


# --delete-local.

def test_a_file_is_removed_when_its_object_was_checked(server, segments, archive):
    small, large = segments.add("live/a/out", "1.mp4"), segments.add("live/b/out", "large.mp4", LARGE)
    archive("--delete-local")
    assert_all_there(server, segments)
    assert not (segments.folder / small).exists() and not (segments.folder / large).exists()
    assert sorted(server.asked("head")) == [small, large]


def test_a_file_stays_while_its_object_is_not_what_was_sent(server, segments, archive):
    key = segments.add("live/a/out", "1.mp4")

    def cut(request):
        if request.operation == "head":
            with server.lock:
                server.objects[key] = server.objects[key][:-1]
        return False

    server.fault = cut
    program = archive("--delete-local")
    program.wait_failure("checksum")
    assert (segments.folder / key).exists()
    server.fault = lambda request: False
    assert_all_there(server, segments)
    assert not (segments.folder / key).exists()


# Kills and stops.

@pytest.mark.parametrize("delete", [(), ("--delete-local",)], ids=["keep", "delete"])
def test_a_daemon_that_is_killed_again_and_again_loses_nothing(server, segments, archive, delete):
    chance = random.Random(len(delete))
    for number in range(12):
        for path in ("live/a/out", "live/b/out", "live/c/out"):
            segments.add(path, f"{number:02}.mp4", 300_000)
    segments.add("live/a/out", "large.mp4", LARGE)
    server.fault = lambda request: time.sleep(chance.random() / 20)
    for _ in range(15):
        program = archive(*delete)
        wait_until(lambda: "service.started" in program.log(), program.log)
        time.sleep(chance.random() * 0.4)  # the moment of the kill is what is tried
        program.kill()
        assert not program.lines("segment.given-up"), program.log()
    archive(*delete)
    assert_all_there(server, segments, 120)
    assert not segments.waiting("dead") and server.uploads == {}
    left = [file for file in segments.folder.rglob("*") if file.is_file()]
    assert len(left) == (0 if delete else len(segments.made))


def test_sigterm_lets_uploads_end(server, segments, archive):
    program = archive().started()

    def stop_in_the_middle(request):
        segments.add("live/a/out", "2.mp4")
        program.signal(signal.SIGTERM)
        program.wait_log("service.stopping")
        return False

    server.fault = stop_in_the_middle
    segments.add("live/a/out", "1.mp4")
    assert program.wait(60) == 0
    assert server.arrived == ["live/a/out/1.mp4"] and len(segments.waiting()) == 1


def test_sigterm_does_not_wait_for_ever(server, segments, archive):
    segments.add("live/a/out", "1.mp4")
    server.fault = hang
    program = archive("--stop-timeout=100ms", "--slow-timeout=10m")
    wait_until(lambda: server.asked("put"), program.log)
    assert program.terminate() == 0
    assert len(segments.waiting()) == 1 and program.lines("segment.interrupted")


# What no hook has told of.

NAME = "2026-01-02_03-04-05-{:06}.mp4"


@pytest.fixture
def template(segments):
    return f"--record-path={segments.folder}/%path/%Y-%m-%d_%H-%M-%S-%f"


def left(server, segments):
    """The keys of segments that are not in the bucket."""
    return sorted(set(segments.made) - set(server.objects))


def leave(segments, path, number, size=2000):
    """A segment that a router has left behind."""
    file = segments.file(path, NAME.format(number), size)
    segments.made[f"{path}/{file.name}"] = file.read_bytes()
    return file


def test_what_no_hook_has_told_of_is_found(server, segments, archive, template):
    told = segments.add("live/a/out", NAME.format(1))
    leave(segments, "live/a/out", 2)
    leave(segments, "live/b/out", 1)
    segments.file("live/b/out", "notes.txt", 10)
    segments.file("live/b/out", NAME.format(3), 0)
    program = archive(template, "--found-after=500ms")
    wait_until(lambda: not left(server, segments), lambda: f"{left(server, segments)}; {program.log()}", 60)
    assert server.objects == segments.made and server.asked("put").count(told) == 1
    leave(segments, "live/c/out", 1)  # while it runs
    wait_until(lambda: not left(server, segments), lambda: f"{left(server, segments)}; {program.log()}", 60)
    wait_until(lambda: program.metric("tidegate_archive_found_segments_total") == 3, program.page)
    wait_until(lambda: len(program.lines("segment.found")) == 3, program.log)


def test_what_is_being_written_is_not_finished(server, segments, archive, template):
    """However long nothing has come."""
    file = leave(segments, "live/a/out", 1)
    with open(file, "ab"):
        program = archive(template, "--found-after=200ms").started()
        leave(segments, "live/b/out", 1)
        wait_until(lambda: "live/b/out/" + file.name in server.objects, program.log)
        leave(segments, "live/b/out", 2)
        wait_until(lambda: f"live/b/out/{NAME.format(2)}" in server.objects, program.log)
        assert left(server, segments) == ["live/a/out/" + file.name]
    wait_until(lambda: not left(server, segments), program.log, 60)


def test_what_is_in_the_bucket_already_is_not_uploaded_again(server, segments, archive, template):
    key = segments.add("live/a/out", NAME.format(1))
    without = archive().started()
    assert_all_there(server, segments)
    assert without.terminate() == 0
    for _ in range(2):
        program = archive(template, "--found-after=200ms").started()
        wait_until(lambda: server.asked("head") == [key] and not segments.waiting(), program.log, 60)
        assert server.asked("put") == [key]
        wait_until(lambda: (segments.spool / "looked").exists(), program.log)
        assert program.terminate() == 0
    assert not segments.waiting("dead")


def test_what_was_given_up_is_not_found_again(server, segments, archive, template):
    key = segments.add("live/a/out", NAME.format(1))
    segments.waiting()[0].rename(segments.spool / "dead" / segments.waiting()[0].name)
    program = archive(template, "--found-after=200ms").started()
    wait_until(lambda: (segments.spool / "looked").exists(), program.log)
    later = leave(segments, "live/a/out", 2)
    wait_until(lambda: "live/a/out/" + later.name in server.objects, program.log, 60)
    assert left(server, segments) == [key] and server.asked("head") == ["live/a/out/" + later.name]


def test_what_a_full_spool_has_refused_is_found(server, segments, archive, template):
    segments.add("live/a/out", NAME.format(1))
    refused = leave(segments, "live/a/out", 2)
    assert segments.hook("live/a/out", refused, "--max-segments=1").returncode == 1
    program = archive(template, "--found-after=200ms", "--delete-local")
    wait_until(lambda: not left(server, segments), program.log, 60)
    wait_until(lambda: not refused.exists(), program.log, 60)
    assert server.arrived == ["live/a/out/" + NAME.format(1), "live/a/out/" + NAME.format(2)]


def test_a_wrong_template_is_refused(archive):
    program = archive("--record-path=/recordings/%path/%Y")
    assert program.wait(60) == 2 and "--record-path is not accepted: 'recordPath' must contain" in program.log()


# Credentials.

def test_credentials_from_a_file_that_only_its_owner_can_read(server, segments, archive, tmp_path):
    segments.add("live/a/out", "1.mp4")
    file = tmp_path / "login.json"
    file.write_text(json.dumps({"Version": 1, "AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "SessionToken": "of/a+session=="}))
    file.chmod(0o640)
    refused = archive(f"--credentials-file={file}", login={})
    assert refused.wait(60) == 2 and "can be read by others: chmod 600" in refused.log()
    file.chmod(0o600)
    archive(f"--credentials-file={file}", login={})
    assert_all_there(server, segments)
    assert server.requests[0][2]["x-amz-security-token"] == "of/a+session=="


def test_a_new_credentials_file_counts_at_once(server, segments, archive, tmp_path):
    segments.add("live/a/out", "1.mp4")
    file = tmp_path / "login.json"
    file.touch(0o600)
    file.write_text(json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": "old"}))
    program = archive(f"--credentials-file={file}", login={})
    program.wait_failure("refused")
    file.write_text("{")
    program.wait_failure("credentials")
    file.write_text(json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET}))
    assert_all_there(server, segments)
    server.problems.clear()


def test_credentials_from_the_machine_s_metadata_service(server, segments, archive):
    with contextlib.closing(Metadata()) as metadata:
        for number in range(3):
            segments.add("live/a/out", f"{number}.mp4")
        archive("--instance-metadata", f"--metadata-endpoint={metadata.url}", login={})
        assert_all_there(server, segments)
        assert len(metadata.asked) == 3, "asked once, and kept until they expire"
        assert server.requests[0][2]["x-amz-security-token"] == "session/token=="


def test_secrets_stand_nowhere(server, segments, archive):
    segments.add("live/a/out", "1.mp4")
    program = archive("--log-level=debug")
    assert_all_there(server, segments)
    with open(f"/proc/{program.pid}/cmdline", "rb") as file:
        assert SECRET.encode() not in file.read()
    assert SECRET not in program.page() and KEY_ID not in program.page() and KEY_ID not in program.log()
    assert all(SECRET not in file.read_text() for file in segments.spool.rglob("*") if file.is_file())


# The command line, and what is watched.

@pytest.mark.parametrize("arguments, login, words", [
    (["--bucket="], LOGIN, "--bucket or ARCHIVE_BUCKET must be given"),
    (["--endpoint=http://10.0.0.1:9000"], LOGIN, "must be https://, unless --allow-http"),
    (["--endpoint=ftp://x"], LOGIN, "an endpoint is https://HOST[:PORT]"),
    (["--key=%path/all.mp4"], LOGIN, "it must have %file"),
    (["--credentials-file=/no/such/file"], {}, "open /no/such/file"),
    ([], {}, "there are no credentials"),
    ([], {"AWS_ACCESS_KEY_ID": "only-half"}, "there are no credentials"),
    (["--metadata-endpoint=http://evil.example"], LOGIN, "http://169.254.169.254"),
    (["--secret=x"], LOGIN, "unknown argument"),
    (["--addressing=virtual"], LOGIN, "needs an endpoint with a name"),
])
def test_a_wrong_command_line_is_refused(archive, arguments, login, words):
    program = archive(*arguments, login=login)
    assert program.wait(60) == 2 and words in program.log(), program.log()


def test_the_page_of_metrics_is_that_of_the_table(segments, archive):
    program = archive().started()
    shown = metrics_table.on_page(program.page())
    written = {row.name: row for row in metrics_table.rows() if row.program == "segment-archiver"}
    assert {name: kind for name, (kind, _) in shown.items()} == {name: row.type for name, row in written.items()}
    assert {name: labels for name, (_, labels) in shown.items()} == {name: set(row.labels) for name, row in written.items()}
    for row in written.values():
        assert row.name.endswith("_total") == (row.type == "counter")
    assert http.get(f"http://127.0.0.1:{program.port}/healthz").status == 200


def test_the_age_of_the_oldest_segment_grows(server, segments, archive):
    segments.add("live/a/out", "1.mp4")
    server.fault = says(503, "SlowDown")
    program = archive()
    first = wait_until(lambda: program.metric("tidegate_archive_oldest_seconds"), program.page)
    wait_until(lambda: program.metric("tidegate_archive_oldest_seconds") > first, program.page)
    assert program.metric("tidegate_archive_spool_segments") == 1
    wait_until(lambda: program.metric("tidegate_archive_streams_retrying") == 1, program.page)


def test_a_spool_that_goes_away_is_told(segments, archive):
    program = archive().started()
    (segments.spool / "queue").rename(segments.spool / "elsewhere")
    wait_until(lambda: http.get(f"http://127.0.0.1:{program.port}/healthz").status == 503, program.log)
    (segments.spool / "elsewhere").rename(segments.spool / "queue")
    wait_until(lambda: http.get(f"http://127.0.0.1:{program.port}/healthz").status == 200, program.log)


# A server that others have written.

def test_a_real_server_takes_what_we_send(segments, tmp_path):
    real = RealS3(tmp_path, BUCKET, REGION)
    program = None
    try:
        small = segments.add("live/a b/\u00e9+out", "2026-01-02_03-04-05-000006.mp4", 100_000)
        large = segments.add("live/b/out", "large.mp4", LARGE)
        program = Archiver(tmp_path, real.url, "--delete-local", login=real.login)
        wait_until(lambda: not segments.waiting(), lambda: program.log() + real.log()[-2000:], 120)
        assert not segments.waiting("dead"), program.log()
        client = real.client()
        for key in (small, large):
            found = client.get_object(Bucket=BUCKET, Key=key)
            assert found["Body"].read() == segments.made[key]
            assert found["ContentType"] == "video/mp4" and found["Metadata"] == {"duration": "10.021"}
        assert "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET)
        wrong = segments.add("live/a/out", "3.mp4")
        wait_until(lambda: not segments.waiting(), program.log, 60)
        assert client.head_object(Bucket=BUCKET, Key=wrong)["ContentLength"] == 2000
    finally:
        if program:
            program.kill()
        real.kill()


def test_a_real_server_refuses_another_s_signature(segments, tmp_path):
    real = RealS3(tmp_path, BUCKET, REGION)
    program = None
    try:
        segments.add("live/a/out", "1.mp4")
        program = Archiver(tmp_path, real.url, login={**real.login, "AWS_SECRET_ACCESS_KEY": "another"})
        program.wait_failure("refused")
        assert "SignatureDoesNotMatch" in program.log() and len(segments.waiting()) == 1
    finally:
        if program:
            program.kill()
        real.kill()
