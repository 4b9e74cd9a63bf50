"""A time inside each access unit: an H.264 SEI message (user_data_unregistered, ISO/IEC 14496-10 D.1.7).

The time is the system's monotonic clock, the same in every process. It is written in hexadecimal, so no byte
of it can form a start code or need emulation prevention.
"""

MARK = b"tidegate-verify!"  # stands as the message's UUID: 16 bytes
DIGITS = 16
_SEI, _USER_DATA, _END = b"\x06", b"\x05", b"\x80"
_FLV_VIDEO_HEAD = 5         # frame type and codec, packet type, composition time


def stamp(video_tag, code):
    """The payload of an FLV video tag (AVC, 4-byte lengths) with a time code in front of its units."""
    text = MARK + b"%0*x" % (DIGITS, code)
    unit = _SEI + _USER_DATA + bytes([len(text)]) + text + _END
    return video_tag[:_FLV_VIDEO_HEAD] + len(unit).to_bytes(4, "big") + unit + video_tag[_FLV_VIDEO_HEAD:]


def find(data):
    """The time code in some bytes, or None."""
    at = data.find(MARK)
    if at < 0 or len(data) < at + len(MARK) + DIGITS:
        return None
    return int(data[at + len(MARK):at + len(MARK) + DIGITS], 16)
