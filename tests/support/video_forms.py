"""A clip as other encoders would send it: the same pictures and sound in FLV tags of another form.

Each function takes (message type, timestamp, payload) of every tag and gives them changed. A picture's bits are
touched by two_picture_sets alone, which needs CAVLC: with CABAC the slice data could not be moved by some bits.
"""

import struct

from .rtmp_client import AUDIO, VIDEO

KEY_FRAME, PICTURE = 0x17, 0x27
IDR, SPS, PPS = 5, 7, 8
START_CODE = b"\x00\x00\x00\x01"


def write_flv(path, tags):
    data = b"FLV\x01\x05\x00\x00\x00\x09" + bytes(4)
    for kind, stamp, payload in tags:
        head = bytes([kind]) + len(payload).to_bytes(3, "big") + (stamp & 0xFFFFFF).to_bytes(3, "big")
        data += head + bytes([stamp >> 24 & 0xFF]) + bytes(3) + payload + struct.pack(">I", 11 + len(payload))
    path.write_bytes(data)
    return path


# What a video tag holds

def is_header(kind, payload):
    return kind == VIDEO and payload[1] == 0


def nalus(payload):
    """Of a picture's tag, behind its five bytes."""
    at, found = 5, []
    while at < len(payload):
        size = int.from_bytes(payload[at:at + 4], "big")
        found.append(payload[at + 4:at + 4 + size])
        at += 4 + size
    return found


def sets_of(header):
    """(SPS list, PPS list) of an AVC sequence header."""
    at, lists = 10, []
    for mask in (0x1F, 0xFF):
        count, sets = header[at] & mask, []
        at += 1
        for _ in range(count):
            size = int.from_bytes(header[at:at + 2], "big")
            sets.append(header[at + 2:at + 2 + size])
            at += 2 + size
        lists.append(sets)
    return lists


def header_with(header, sps, pps, length_size=4):
    record = header[5:9] + bytes([0xFC | length_size - 1, 0xE0 | len(sps)])
    record += b"".join(struct.pack(">H", len(s)) + s for s in sps) + bytes([len(pps)])
    return header[:5] + record + b"".join(struct.pack(">H", len(s)) + s for s in pps)


def picture_with(payload, units, length_size=4):
    return payload[:5] + b"".join(len(unit).to_bytes(length_size, "big") + unit for unit in units)


def each(tags, header=lambda tag: tag, picture=lambda tag: tag):
    """Header and pictures of the video changed, all else as it is."""
    for kind, stamp, payload in tags:
        if kind != VIDEO or payload[1] > 1:
            yield kind, stamp, payload
        else:
            yield kind, stamp, (header if payload[1] == 0 else picture)(payload)


# The forms

def parameter_sets_in_band(tags):
    """The header has none; each key frame begins with them."""
    known = []

    def header(payload):
        known[:] = sum(sets_of(payload), [])
        return header_with(payload, [], [])

    def picture(payload):
        return picture_with(payload, [*known, *nalus(payload)] if payload[0] == KEY_FRAME else nalus(payload))
    return each(tags, header, picture)


def lengths_of(size):
    def convert(tags):
        return each(tags, lambda tag: header_with(tag, *sets_of(tag), size),
                    lambda tag: picture_with(tag, nalus(tag), size))
    return convert


def annex_b(tags):
    """Start codes in the header and in the pictures."""
    def stream(payload, units):
        return payload[:5] + b"".join(START_CODE + unit for unit in units)
    return each(tags, lambda tag: stream(tag, sum(sets_of(tag), [])), lambda tag: stream(tag, nalus(tag)))


def annex_b_without_header(tags):
    """Start codes, and the parameter sets in the key frames only."""
    with_sets = parameter_sets_in_band(tags)
    return (tag for tag in annex_b(with_sets) if not is_header(tag[0], tag[2]))


def negative_composition(milliseconds):
    """Decoding times that run late by so much: pictures that wait for none get a time before their decoding."""
    def convert(tags):
        for kind, stamp, payload in tags:
            if kind == VIDEO and payload[1] == 1:
                offset = int.from_bytes(payload[2:5], "big", signed=True) - milliseconds
                payload = payload[:2] + offset.to_bytes(3, "big", signed=True) + payload[5:]
                stamp += milliseconds
            yield kind, stamp, payload
    return lambda tags: sorted(convert(tags), key=lambda tag: tag[1])


def enhanced(tags):
    """The same as enhanced RTMP writes it, by fourCC."""
    for kind, stamp, payload in tags:
        if kind == VIDEO:
            first = 0x80 | payload[0] & 0x70 | payload[1]
            rest = payload[5:] if payload[1] == 0 else payload[2:]
            payload = bytes([first]) + b"avc1" + rest
        yield kind, stamp, payload


def two_picture_sets(where):
    """Every second picture refers to a second PPS. where: it stands in the 'header', 'in-band' in each key frame, or
    'late': in-band, once in each group of pictures, before the first picture that needs it."""
    def convert(tags):
        second, count = None, 0
        for kind, stamp, payload in tags:
            if is_header(kind, payload):
                sps, pps = sets_of(payload)
                second = renumbered(pps[0], 1, skip=0)
                payload = header_with(payload, sps, [*pps, second] if where == "header" else pps)
            elif kind == VIDEO and payload[1] == 1:
                count = 0 if payload[0] == KEY_FRAME else count + 1
                units = nalus(payload)
                if count % 2 == 1:
                    units = [renumbered(u, 1, skip=2) if u[0] & 0x1F in (1, IDR) else u for u in units]
                if where == "in-band" and count == 0:
                    units = [*sps, *pps, second, *units]
                if where == "late" and count == 1:
                    units = [second, *units]
                payload = picture_with(payload, units)
            yield kind, stamp, payload
    return convert


def one_after_the_other(*clips):
    """Clips whose encoders were set up differently, on one time line; one metadata."""
    base = 0
    for number, tags in enumerate(clips):
        last = 0
        for kind, stamp, payload in tags:
            if kind in (AUDIO, VIDEO) or number == 0:
                yield kind, base + stamp, payload
            last = max(last, stamp)
        base += last + 33


# Bits

def renumbered(nalu, number, skip):
    """An exp-Golomb code replaced: the one behind `skip` others that follow the unit's header."""
    bits = _bits(nalu[:1] + nalu[1:].replace(b"\x00\x00\x03", b"\x00\x00"))
    at = 8
    for _ in range(skip):
        at = _behind(bits, at)
    code = bin(number + 1)[2:]
    payload = bits[:at] + "0" * (len(code) - 1) + code + bits[_behind(bits, at):]
    payload = payload.rstrip("0")  # it ends with the stop bit
    payload += "0" * (-len(payload) % 8)
    raw = int(payload, 2).to_bytes(len(payload) // 8, "big")
    return _escaped(raw)


def _bits(data):
    return bin(int.from_bytes(b"\x01" + data, "big"))[3:]


def _behind(bits, at):
    zeros = bits.index("1", at) - at
    return at + 2 * zeros + 1


def _escaped(raw):
    out, zeros = bytearray(), 0
    for byte in raw:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        zeros = zeros + 1 if byte == 0 else 0
        out.append(byte)
    return bytes(out)
