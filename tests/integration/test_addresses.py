"""Encoders split live/<id>/in into a server and a key in different ways. All ways lead to the same path."""

import pytest
from support.rtmp_client import RtmpClient, flv_tags
from support.wait import wait_until

# Server field, key field, and the query as media-service logs it, with masked credentials. {h}: host and port, {s}: stream id.
SPLITS = {
    "all-in-the-server": ("rtmp://{h}/live/{s}/in", "", ""),
    "key-with-the-id": ("rtmp://{h}/live", "{s}/in", ""),
    "ffmpeg-and-gstreamer": ("rtmp://{h}/live/{s}", "in", ""),
    "trailing-slash": ("rtmp://{h}/live/", "{s}/in", ""),
    "query-in-the-key": ("rtmp://{h}/live", "{s}/in?token=t&lang=es", "token=***&lang=es"),
    "query-in-the-server-no-key": ("rtmp://{h}/live/{s}/in?user=u&lang=es", "", "user=***&lang=es"),
    "credentials-in-the-server": ("rtmp://u:p@{h}/live", "{s}/in", ""),
    "behind-a-tls-proxy": ("rtmps://{h}/live", "{s}/in", ""),
    "query-in-the-server-and-a-key": ("rtmp://{h}/live?lang=es", "{s}/in", "lang=es"),
}


ONLY_EMBEDDED = {"trailing-slash", "query-in-the-server-and-a-key"}  # docs/compatibility.md, RTMP


@pytest.mark.parametrize("split", SPLITS)
def test_each_split_reaches_the_same_path(shared_stack, clips, split):
    if not shared_stack.embedded and split in ONLY_EMBEDDED:
        pytest.skip("MediaMTX takes these two for another path (docs/compatibility.md)")
    stream = f"split-{split}"
    settings = shared_stack.settings
    server, key, query = (part.format(h=f"{settings.host}:{settings.rtmp_port}", s=stream)
                          for part in SPLITS[split])
    client = RtmpClient(settings.host, settings.rtmp_port)
    try:
        assert client.publish(server, key), client.received
        client.send_tags(flv_tags(clips.get("av")))  # faster than real time, which the router must accept
        event = shared_stack.wait_event(stream, "ready")
        assert event["path"] == f"live/{stream}/in"
        path = wait_until(lambda: shared_stack.paths().get(f"live/{stream}/in"), "the path in the API")
        assert path["tracks"] == ["H264", "MPEG-4 Audio"]
        assert event.get("query", query) == query
    finally:
        client.close()
    shared_stack.wait_event(stream, "not-ready")
