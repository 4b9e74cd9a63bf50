"""Puts a time into each access unit, as an H.264 SEI message (user_data_unregistered, ISO/IEC 14496-10 D.1.7).

The time is that of the system's monotonic clock, which is the same in every process. It is written in hexadecimal. So its bytes can
neither form a start code nor need emulation prevention.
"""

MARK = b"tidegate-verify!"  # takes the place of the UUID, which has 16 bytes
DIGITS = 16
_SEI, _USER_DATA, _END = b"\x06", b"\x05", b"\x80"
_FLV_VIDEO_HEAD = 5         # frame type and codec, packet type, composition time


def stamp(video_tag, code):
    """Returns the payload of an FLV video tag (AVC, 4-byte lengths) with a time code in front of its NAL units."""
    text = MARK + b"%0*x" % (DIGITS, code)
    unit = _SEI + _USER_DATA + bytes([len(text)]) + text + _END
    return video_tag[:_FLV_VIDEO_HEAD] + len(unit).to_bytes(4, "big") + unit + video_tag[_FLV_VIDEO_HEAD:]


def find(data):
    """Returns the time code in these bytes. None if there is none."""
    at = data.find(MARK)
    if at < 0 or len(data) < at + len(MARK) + DIGITS:
        return None
    return int(data[at + len(MARK):at + len(MARK) + DIGITS], 16)
