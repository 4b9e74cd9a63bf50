"""A clip as other encoders would send it: the same pictures and sound in FLV tags of another form.

Each function takes (message type, timestamp, payload) of every tag and gives them changed. H.265 has the codec id 12 here, whose
tags are as H.264's; enhanced() makes of them what the standard says. A picture's bits are touched by the functions for other
parameter sets alone. For H.264 these need CAVLC: with CABAC the slice data could not be moved by some bits. H.265's slices get a
number whose code is a byte longer.
"""

from .rtmp_client import AUDIO, VIDEO

H264, H265 = 7, 12  # codec ids of FLV
VPS_H265, SLICES_H265, KEYS_H265 = 32, range(32), range(16, 24)
START_CODE = b"\x00\x00\x00\x01"
ARRAYS_AT = 5 + 22  # in a header of H.265: the number of lists of sets
SECOND = {H264: 1, H265: 15}  # the number of another set
HEAD_BITS = {H264: 8, H265: 16}  # of a NAL unit


# What a video tag holds

def is_header(kind, payload):
    return kind == VIDEO and payload[1] == 0


def is_key_frame(payload):
    return payload[0] >> 4 == 1


def codec_of(payload):
    return payload[0] & 0x0F


def nalus(payload):
    """Of a picture's tag, behind its five bytes."""
    at, found = 5, []
    while at < len(payload):
        size = int.from_bytes(payload[at:at + 4], "big")
        found.append(payload[at + 4:at + 4 + size])
        at += 4 + size
    return found


def sets_of(header):
    """The lists of a sequence header: SPS and PPS, with H.265 VPS before them."""
    return _sets_of_h264(header) if codec_of(header) == H264 else _sets_of_h265(header)


def _sets_of_h264(header):
    at, lists = 10, []
    for mask in (0x1F, 0xFF):
        found, at = _list(header, at + 1, header[at] & mask)
        lists.append(found)
    return lists


def _sets_of_h265(header):
    at, lists = ARRAYS_AT + 1, {}
    for _ in range(header[ARRAYS_AT]):
        kind = header[at] & 0x3F
        lists[kind], at = _list(header, at + 3, int.from_bytes(header[at + 1:at + 3], "big"))
    return [lists.get(kind, []) for kind in range(VPS_H265, VPS_H265 + 3)]


def _list(header, at, count):
    """(sets, where they end)"""
    sets = []
    for _ in range(count):
        size = int.from_bytes(header[at:at + 2], "big")
        sets.append(header[at + 2:at + 2 + size])
        at += 2 + size
    return sets, at


def header_with(header, lists, length_size=4):
    written = [b"".join(len(s).to_bytes(2, "big") + s for s in sets) for sets in lists]
    if codec_of(header) == H264:
        counts = [bytes([0xE0 | len(lists[0])]), bytes([len(lists[1])])]
        return header[:9] + bytes([0xFC | length_size - 1]) + b"".join(map(bytes.__add__, counts, written))
    arrays = [bytes([VPS_H265 + i]) + len(sets).to_bytes(2, "big") + written[i] for i, sets in enumerate(lists) if sets]
    return header[:ARRAYS_AT - 1] + bytes([header[ARRAYS_AT - 1] & 0xFC | length_size - 1, len(arrays)]) + b"".join(arrays)


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
        lists = sets_of(payload)
        known[:] = sum(lists, [])
        return header_with(payload, [[] for _ in lists])

    def picture(payload):
        return picture_with(payload, [*known, *nalus(payload)] if is_key_frame(payload) else nalus(payload))
    return each(tags, header, picture)


def lengths_of(size):
    def convert(tags):
        return each(tags, lambda tag: header_with(tag, sets_of(tag), size),
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
            payload = bytes([first]) + {H264: b"avc1", H265: b"hvc1"}[codec_of(payload)] + rest
        yield kind, stamp, payload


def two_picture_sets(where):
    """Every second picture refers to a second PPS. where: it stands in the 'header', 'in-band' in each key frame, or
    'late': in-band, once in each group of pictures, before the first picture that needs it."""
    def convert(tags):
        count, lists, second = 0, [], b""
        for kind, stamp, payload in tags:
            if is_header(kind, payload):
                lists = sets_of(payload)
                second = renumbered_set(payload, lists[-1][0])
                shown = [*lists[:-1], [*lists[-1], second]]
                payload = header_with(payload, shown if where == "header" else lists)
            elif kind == VIDEO and payload[1] == 1:
                count = 0 if is_key_frame(payload) else count + 1
                units = nalus(payload)
                if count % 2 == 1:
                    units = [renumbered_slice(payload, unit) for unit in units]
                if where == "in-band" and count == 0:
                    units = [*sum(lists, []), second, *units]
                if where == "late" and count == 1:
                    units = [second, *units]
                payload = picture_with(payload, units)
            yield kind, stamp, payload
    return convert


def sets_by_turns(where):
    """H.265: the pictures of each second group refer to sets of other numbers: VPS, SPS and PPS. where: all stand in the
    'header', or each group's own stand 'in-band' in its key frame."""
    def convert(tags):
        turn, chosen = 1, [[], []]
        for kind, stamp, payload in tags:
            if is_header(kind, payload):
                lists = sets_of(payload)
                vps, sps, pps = (sets[0] for sets in lists)
                others = [with_vps_number(vps), renumbered(with_vps_number(sps), SECOND[H265], SPS_NUMBER_AT),
                          renumbered(renumbered(pps, SECOND[H265], 16), SECOND[H265], 25)]
                chosen = [[vps, sps, pps], others]
                payload = header_with(payload, list(zip(*chosen)) if where == "header" else lists)
            elif kind == VIDEO and payload[1] == 1:
                turn ^= is_key_frame(payload)
                units = nalus(payload)
                if turn:
                    units = [renumbered_slice(payload, unit) for unit in units]
                if where == "in-band" and is_key_frame(payload):
                    units = [*chosen[turn], *units]
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

SPS_NUMBER_AT = 16 + 8 + 96  # in H.265's, of a stream without temporal layers


def renumbered_set(payload, pps):
    codec = codec_of(payload)
    return renumbered(pps, SECOND[codec], HEAD_BITS[codec])


def renumbered_slice(payload, unit):
    """Of a picture that refers to the second PPS; other units stay as they are."""
    codec = codec_of(payload)
    if codec == H264:
        return renumbered(unit, SECOND[codec], HEAD_BITS[codec], skip=2) if unit[0] & 0x1F in (1, 5) else unit
    kind = unit[0] >> 1
    flags = 2 if kind in KEYS_H265 else 1
    return renumbered(unit, SECOND[codec], HEAD_BITS[codec] + flags) if kind in SLICES_H265 else unit


def with_vps_number(nalu, number=1):
    """H.265's VPS and SPS begin with it, in four bits."""
    return nalu[:2] + bytes([number << 4 | nalu[2] & 0x0F]) + nalu[3:]


def renumbered(nalu, number, at, skip=0):
    """An exp-Golomb code replaced: the one behind `skip` others that begin at bit `at`."""
    bits = _bits(nalu.replace(b"\x00\x00\x03", b"\x00\x00"))
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
