"""HLS: segments on disk (hlsDirectory)."""

import pytest
from support.differences import differs
from support.hls import Player
from support.router import variation
from support.wait import wait_until


@pytest.fixture(scope="module", params=["lowLatency", "mpegts"])
def keeping(request, make_router, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hls")
    router = make_router(variation(hls=True, hlsVariant=request.param, hlsDirectory=str(folder), hlsMuxerCloseAfter="4s",
                                   paths={"all_others": {}})).start()
    router.disk, router.variant = folder, request.param
    yield router
    router.stop()


def test_segments_are_files_of_the_path(keeping, live, path):
    live(keeping, path)
    player, folder = Player(keeping, path), keeping.disk / path
    uri = player.playlist().segments()[0]
    file = folder / uri.partition("?")[0]
    wait_until(file.exists, f"{file}, in {folder}")
    assert file.read_bytes() == player.get(uri).body
    wait_until(lambda: player.playlist() and not file.exists(), "a segment that has left the window is deleted", 40)
    keeping.wait_message("INF", rf"\[HLS\] \[muxer {path}\] destroyed: not used anymore")
    if differs(keeping, "HLS: `hlsDirectory`", mediamtx=keeping.variant == "lowLatency", embedded=True):
        wait_until(lambda: not folder.exists(), "the folder is gone with its muxer")


def test_playlists_are_files_too(keeping, live, path):
    live(keeping, path)
    player = Player(keeping, path)
    there = differs(keeping, "HLS: `hlsDirectory`", mediamtx=keeping.variant != "lowLatency", embedded=True)
    if there:
        wait_until((keeping.disk / path / "index.m3u8").exists, "index.m3u8")
        names = {file.name for file in (keeping.disk / path).iterdir()}
        assert player.video.partition("?")[0] in names
    else:
        assert not (keeping.disk / path / "index.m3u8").exists()


def test_a_directory_that_cannot_be_written(new_router, live, path, tmp_path):
    (tmp_path / "file").write_text("")
    router = new_router(variation(hls=True, hlsDirectory=str(tmp_path / "file"), paths={"all_others": {}})).start()
    live(router, path)
    if differs(router, "HLS: `hlsDirectory`", mediamtx=False, embedded=True):
        assert Player(router, path).playlist().segments()
        router.wait_message("ERR", rf"\[HLS\] \[muxer {path}\] write .*: not a directory")
        assert len(router.messages("not a directory")) == 1
    router.stop()
