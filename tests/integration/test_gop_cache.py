"""With --gop-cache a player begins with the pictures since the last key frame, which it need not wait for. The publishers here
stop in the middle of a group of pictures: what a player gets then, it can have from the cache only."""

import itertools
import random
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.bare_router import ONLY_EMBEDDED, BareRouter
from support.ffmpeg import CLIENT_SECONDS
from support.hls import Playlist, fetch
from support.live_publisher import endless
from support.making import making
from support.rtmp_client import AUDIO, VIDEO, RtmpClient, flv_tags
from support.rtmp_script import is_picture
from support.rtsp_script import ScriptedRtsp
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    router = BareRouter(tmp_path_factory.mktemp("no-gop-cache"))
    router.start(GOP_CACHE="")
    yield router
    router.stop()
    router.kill()


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    router = BareRouter(tmp_path_factory.mktemp("gop-cache"))
    router.start(GOP_CACHE="hls,rtmp,rtsp")
    yield router
    router.stop()
    router.kill()


def is_media(kind, body):
    return kind == VIDEO and is_picture(body) or kind == AUDIO and body[1] == 1


@pytest.fixture
def tags(clips):
    """A group of pictures begins every second."""
    return list(flv_tags(clips.get("av")))


@pytest.fixture
def publish_part(stream):
    """publish_part(router, tags): publishes them at once, and stays connected. The result sends more."""
    def start(router, tags):
        client = RtmpClient(router.settings.host, router.settings.rtmp_port)
        assert client.publish(f"rtmp://{router.settings.host}/live/{stream}", "in")
        client.send_tags(tags)
        router.wait_live(stream)
        received = sum(len(body) for kind, _, body in tags if is_media(kind, body))
        wait_until(lambda: router.paths()[f"live/{stream}/in"]["bytesReceived"] > received * 0.9, "everything has come")
        return client
    yield from making(start, RtmpClient.close)


@pytest.fixture
def player(stream):
    def start(router):
        client = RtmpClient(router.settings.host, router.settings.rtmp_port, timeout=30)
        client.handshake()
        client.connect(f"rtmp://{router.settings.host}/live/{stream}")
        client.command("createStream", 2, None)
        client.command("play", 3, None, "in", message_stream=1)
        return client
    yield from making(start, RtmpClient.close)


def media_of(client):
    """The media messages that a player gets: (type, timestamp, body)."""
    return (message for message in client.messages() if message[0] in (AUDIO, VIDEO) and is_media(message[0], message[2]))


def up_to(tags, stamp):
    return [tag for tag in tags if tag[1] < stamp]


def media_tags(tags, least=0):
    return [tag for tag in tags if is_media(tag[0], tag[2]) and tag[1] >= least]


def is_key(tag):
    return tag[0] == VIDEO and tag[2][0] >> 4 == 1


def from_key(tags, least=0):
    """The media from the first key frame of this time on."""
    return list(itertools.dropwhile(lambda tag: not is_key(tag), media_tags(tags, least)))


def bodies(messages):
    return [(kind, body) for kind, _, body in messages]


def test_an_rtmp_player_begins_with_the_last_key_frame(cached, tags, publish_part, player):
    publisher = publish_part(cached, up_to(tags, 1700))
    first = media_of(player(cached))
    expected = from_key(up_to(tags, 1700), 1000)
    got = list(itertools.islice(first, len(expected)))
    assert bodies(got) == bodies(expected)
    second = media_of(player(cached))
    assert bodies(itertools.islice(second, len(expected))) == bodies(expected), "each player gets it"
    more = [tag for tag in tags if 1700 <= tag[1] < 2500]
    publisher.send_tags(more)
    for rest in (first, second):
        assert bodies(itertools.islice(rest, len(media_tags(more)))) == bodies(media_tags(more)), "nothing twice, nothing left out"


def test_timestamps_rise_where_the_cache_ends(cached, tags, publish_part, player):
    publisher = publish_part(cached, up_to(tags, 500))
    media = media_of(player(cached))
    got = [next(media)]  # the player has joined; the next key frame would empty the cache
    publisher.send_tags([tag for tag in tags if 500 <= tag[1] < 1500])
    got += itertools.islice(media, len(from_key(up_to(tags, 1500))) - 1)
    for kind in (AUDIO, VIDEO):
        stamps = [stamp for what, stamp, _ in got if what == kind]
        assert stamps == sorted(stamps)


def units(reader, count):
    """The next access units of an RTSP reader: (channel, first sequence number, packets). Each packet's number follows the last."""
    found, open_units, last = [], {}, {}
    while len(found) < count:
        frame = reader.frame()
        if frame.channel % 2:
            continue  # RTCP
        packet = frame.rtp()
        assert packet.sequence == (last.get(packet.channel, packet.sequence - 1) + 1) & 0xFFFF
        last[packet.channel] = packet.sequence
        first, packets = open_units.get(packet.channel, (packet.sequence, 0))
        open_units[packet.channel] = (first, packets + 1)
        if packet.marker:
            found.append((packet.channel, *open_units.pop(packet.channel)))
    return found


@pytest.fixture
def rtsp_reader(stream):
    def start(router):
        reader = ScriptedRtsp(router.settings.host, router.settings.rtsp_port)
        reader.reply_to_play = reader.play(router.rtsp(stream))
        return reader
    yield from making(start, ScriptedRtsp.close)


def channels(tags):
    return [0 if kind == VIDEO else 2 for kind, _, _ in media_tags(tags)]


def test_an_rtsp_reader_begins_with_the_last_key_frame(cached, tags, publish_part, rtsp_reader):
    publisher = publish_part(cached, up_to(tags, 1700))
    expected = from_key(up_to(tags, 1700), 1000)
    for _ in range(2):
        reader = rtsp_reader(cached)
        got = units(reader, len(expected))
        assert [channel for channel, *_ in got] == channels(expected)
        info = reader.reply_to_play.get("RTP-Info")
        for channel in (0, 2):
            first = next(sequence for which, sequence, _ in got if which == channel)
            assert f"seq={first};" in info, "as the reply to PLAY said"
    more = [tag for tag in tags if 1700 <= tag[1] < 2500]
    last = {channel: sequence + packets for channel, sequence, packets in got}
    publisher.send_tags(more)
    got = units(reader, len(media_tags(more)))
    assert [channel for channel, *_ in got] == channels(more)
    for channel in (0, 2):
        first = next(sequence for which, sequence, _ in got if which == channel)
        assert first == last[channel] & 0xFFFF, "nothing twice, nothing left out"


def first_picture_over_rtmp(client, publisher, more):
    publisher.send_tags(more)
    return next(body for kind, _, body in media_of(client) if kind == VIDEO)


def test_nothing_is_cached_without_the_flag(router, tags, publish_part, player):
    publisher = publish_part(router, up_to(tags, 1700))
    reader = player(router)
    router.wait_log_line("is reading from path")
    first = first_picture_over_rtmp(reader, publisher, [tag for tag in tags if 1700 <= tag[1] < 2500])
    assert first == from_key(tags, 2000)[0][2]


@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_a_worker_begins_with_the_next_key_frame(cached, tags, publish_part, start, target, stream, protocol):
    """It would be behind the live stream by a group of pictures from then on."""
    before = cached.log_size()
    publisher = publish_part(cached, up_to(tags, 1700))
    start(getattr(cached, protocol)(stream), target.url())
    wait_until(lambda: cached.log_lines("is reading from path", stream, since=before), cached.router.log)
    publisher.send_tags([tag for tag in tags if 1700 <= tag[1] < 2500])
    target.wait_units(VIDEO, 10)
    assert target.units(VIDEO)[0].body == from_key(tags, 2000)[0][2]


def test_readers_that_join_at_any_moment_miss_nothing_and_get_nothing_twice(cached, tags, publish_part, player):
    """The publisher sends ten times as fast as in real time; the players join whenever they do."""
    media = media_tags(tags)
    places = {(kind, body): i for i, (kind, _, body) in enumerate(media)}
    assert len(places) == len(media), "each unit can be told from the others"
    publisher = publish_part(cached, up_to(tags, 500))
    end = threading.Event()

    def feed():
        for kind, stamp, body in itertools.dropwhile(lambda tag: tag[1] < 500, endless(tags)):
            if end.is_set():
                return
            publisher.send_tags([(kind, stamp, body)])
            time.sleep(0.002)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        chance = random.Random(14)
        for _ in range(25):
            time.sleep(chance.uniform(0, 0.1))
            got = [places[kind, body] for kind, _, body in itertools.islice(media_of(player(cached)), 150)]
            assert is_key(media[got[0]]), "a key frame comes first"
            assert got == [(got[0] + i) % len(media) for i in range(len(got))]
    finally:
        end.set()
        feeder.join()


def test_the_first_hls_segment_begins_with_the_last_key_frame(cached, tags, publish_part, stream):
    """Otherwise it would begin with the next one, and index.m3u8 would wait for a third."""
    publisher = publish_part(cached, up_to(tags, 1700))
    base = cached.hls(f"/live/{stream}/in/")
    with ThreadPoolExecutor(1) as pool:
        index = pool.submit(fetch, base + "index.m3u8?cookieCheck=1", timeout=40)
        cached.wait_log_line(f"[muxer live/{stream}/in] is converting into HLS")
        publisher.send_tags([tag for tag in tags if 1700 <= tag[1] < 2100])
        assert index.result().status == 200
    video = Playlist(index.result().text().splitlines()).uris()[0]
    playlist = Playlist(fetch(base + video).text().splitlines())
    assert len(playlist.segments()) == 1 and playlist.values("EXTINF")[-1] == "1.00000,"


@pytest.mark.parametrize("protocol", ["rtmp", "rtsp"])
def test_a_real_player_shows_pictures_although_no_key_frame_comes(cached, clips, publish_part, stream, protocol):
    publish_part(cached, up_to(list(flv_tags(clips.get("one-keyframe"))), 5000))
    url = getattr(cached, protocol)(stream)
    transport = ["-rtsp_transport", "tcp"] if protocol == "rtsp" else []
    done = subprocess.run(["ffprobe", "-v", "error", *transport, "-select_streams", "v", "-read_intervals", "%+#50",
                           "-show_entries", "frame=pict_type", "-of", "csv=p=0", url],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=CLIENT_SECONDS)
    kinds = done.stdout.split()
    assert kinds[0].startswith("I") and len(kinds) >= 50, done


@pytest.mark.parametrize("list_", ["srt", "rtmp;rtsp", "rtmp,,rtsp"])
def test_an_unknown_protocol_is_refused(list_, bin_dir):
    done = subprocess.run([bin_dir / "media-router", "--gop-cache", list_], capture_output=True, text=True,
                          timeout=CLIENT_SECONDS)
    assert done.returncode != 0
    assert "--gop-cache" in done.stderr and list_ in done.stderr and "hls, rtmp and rtsp" in done.stderr
