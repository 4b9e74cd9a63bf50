"""Kicking through the Control API."""

from support import http
from support.rtmp_client import VIDEO
from support.wait import wait_until


def test_kick_of_a_publisher(router, live, rtsp_client, path):
    publisher = live(router, path)
    reader = rtsp_client(router)
    reader.play(router.rtsp(path))
    conn = router.wait_item("rtmpconns", remoteAddr=publisher.address)
    reply = http.request("POST", router.api(f"/v3/rtmpconns/kick/{conn['id']}"))
    assert (reply.status, reply.body) == (200, b'{"status":"ok"}')
    assert router.get(f"/v3/rtmpconns/get/{conn['id']}").status == 404, "gone from the list at once"
    assert publisher.client.closed_by_server() and reader.closed_by_server()
    router.wait_not_ready(path)
    router.wait_message("INF", rf"\[RTMP\] \[conn {publisher.address}\] closed: terminated")


def test_kick_of_an_rtmp_reader(router, live, rtmp_client, path):
    live(router, path)
    reader = rtmp_client(router)
    reader.start_path(router, "play", path)
    assert reader.next_of(VIDEO)
    address = reader.address
    conn = router.wait_item("rtmpconns", remoteAddr=address)
    assert http.request("POST", router.api(f"/v3/rtmpconns/kick/{conn['id']}")).status == 200
    assert reader.closed_by_server()
    router.wait_message("INF", rf"\[RTMP\] \[conn {address}\] closed: terminated")
    assert router.path(path)["ready"], "the publisher stays"


def test_kick_of_an_rtsp_session(router, live, rtsp_client, path):
    live(router, path)
    reader = rtsp_client(router)
    reader.play(router.rtsp(path))
    session = router.wait_item("rtspsessions", remoteAddr=reader.address)
    assert http.request("POST", router.api(f"/v3/rtspsessions/kick/{session['id']}")).status == 200
    assert router.get(f"/v3/rtspsessions/get/{session['id']}").status == 404
    assert reader.closed_by_server()
    wait_until(lambda: not router.path(path)["readers"], "the reader gone from the path")
    router.wait_message("INF", rf"\[RTSP\] \[session {session['id'][:8]}\] destroyed: terminated")
