"""Publishes with a scripted client (ANNOUNCE, RECORD): the description of a small H.264 track, and its packets."""

import base64
import struct

SPS = bytes.fromhex("6742c00dda05067e7c04400000030040000003c8f142aa")
PPS = bytes.fromhex("68ce3c80")
KEY_FRAME = b"\x65" + bytes(200)
SETS = ",".join(base64.b64encode(x).decode() for x in (SPS, PPS))
TRACK = ("m=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n"
         f"a=fmtp:97 packetization-mode=1; sprop-parameter-sets={SETS}; profile-level-id=42C00D\r\n"
         "a=control:streamid=0\r\n")
DESCRIPTION = f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=No Name\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{TRACK}"


def announce(client, url, description=DESCRIPTION, **headers):
    return client.ask("ANNOUNCE", url, {"Content-Type": "application/sdp", **headers}, description.encode())


def record(client, url, control="streamid=0"):
    """Sends SETUP, RECORD and a key frame. Returns the reply to RECORD."""
    reply = client.ask("SETUP", f"{url}/{control}", {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"})
    assert reply.status == 200, reply
    reply = client.ask("RECORD", url)
    if reply.status == 200:
        send_unit(client, 1, 90_000)
    return reply


def send_unit(client, sequence, stamp):
    """Sends SPS, PPS and a key frame, each in its own packet."""
    for number, unit in enumerate((SPS, PPS, KEY_FRAME)):
        marker = 0x80 if unit is KEY_FRAME else 0
        send_packet(client, 0, marker | 97, sequence + number, unit, stamp)


def send_packet(client, channel, kind, sequence, payload, stamp=0):
    """Sends one RTP packet. kind: the byte with the marker and the payload type."""
    packet = struct.pack(">BBHII", 0x80, kind, sequence & 0xFFFF, stamp, 0x1234) + payload
    client.socket.sendall(struct.pack(">cBH", b"$", channel, len(packet)) + packet)
