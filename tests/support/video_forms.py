"""Changes a clip into what other encoders would send: the same pictures and sound, in another form of FLV tags.

Each function takes the (message type, timestamp, payload) of all tags, and returns changed ones. H.265 has the codec id 12 here,
and tags like those of H.264; enhanced() turns them into the tags of the standard. Only the functions for other parameter sets
change the bits of pictures. For H.264 they need CAVLC, because with CABAC the slice data cannot be moved by a few bits. For H.265,
the slices get a parameter set number whose code is one byte longer.
"""

from .rtmp_client import AUDIO, VIDEO

H264, H265 = 7, 12  # the codec ids in FLV
VPS_H265, SLICES_H265, KEYS_H265 = 32, range(32), range(16, 24)
START_CODE = b"\x00\x00\x00\x01"
ARRAYS_AT = 5 + 22  # position of the number of lists of parameter sets, in a sequence header of H.265
SECOND = {H264: 1, H265: 15}  # the number of the second parameter set
HEAD_BITS = {H264: 8, H265: 16}  # size of the header of a NAL unit


# The contents of a video tag

def is_header(kind, payload):
    return kind == VIDEO and payload[1] == 0


def is_key_frame(payload):
    return payload[0] >> 4 == 1


def codec_of(payload):
    return payload[0] & 0x0F


def nalus(payload):
    """The NAL units of a picture's tag, which follow its first five bytes."""
    at, found = 5, []
    while at < len(payload):
        size = int.from_bytes(payload[at:at + 4], "big")
        found.append(payload[at + 4:at + 4 + size])
        at += 4 + size
    return found


def sets_of(header):
    """The lists of parameter sets in a sequence header: SPS and PPS; for H.265, VPS before them."""
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
    """(parameter sets, position where they end)"""
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
    """Changes the sequence header and the pictures of the video. All other tags stay as they are."""
    for kind, stamp, payload in tags:
        if kind != VIDEO or payload[1] > 1:
            yield kind, stamp, payload
        else:
            yield kind, stamp, (header if payload[1] == 0 else picture)(payload)


# The forms

def parameter_sets_in_band(tags):
    """The sequence header has no parameter sets; each key frame begins with them."""
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
    """The sequence header and the pictures have start codes."""
    def stream(payload, units):
        return payload[:5] + b"".join(START_CODE + unit for unit in units)
    return each(tags, lambda tag: stream(tag, sum(sets_of(tag), [])), lambda tag: stream(tag, nalus(tag)))


def annex_b_without_header(tags):
    """The pictures have start codes, and only the key frames have parameter sets."""
    with_sets = parameter_sets_in_band(tags)
    return (tag for tag in annex_b(with_sets) if not is_header(tag[0], tag[2]))


def negative_composition(milliseconds):
    """Decode times are later by this much. So pictures that do not wait for others are to be shown before they are decoded."""
    def convert(tags):
        for kind, stamp, payload in tags:
            if kind == VIDEO and payload[1] == 1:
                offset = int.from_bytes(payload[2:5], "big", signed=True) - milliseconds
                payload = payload[:2] + offset.to_bytes(3, "big", signed=True) + payload[5:]
                stamp += milliseconds
            yield kind, stamp, payload
    return lambda tags: sorted(convert(tags), key=lambda tag: tag[1])


def enhanced(tags):
    """The same tags in the form of Enhanced RTMP, with a fourCC."""
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
    """Clips of encoders with different settings, one after the other on one time line, with one metadata."""
    base = 0
    for number, tags in enumerate(clips):
        last = 0
        for kind, stamp, payload in tags:
            if kind in (AUDIO, VIDEO) or number == 0:
                yield kind, base + stamp, payload
            last = max(last, stamp)
        base += last + 33


# Bits

SPS_NUMBER_AT = 16 + 8 + 96  # position in the SPS of H.265, in a stream without temporal layers


def renumbered_set(payload, pps):
    codec = codec_of(payload)
    return renumbered(pps, SECOND[codec], HEAD_BITS[codec])


def renumbered_slice(payload, unit):
    """The slice of a picture, changed so that it refers to the second PPS. Other NAL units stay as they are."""
    codec = codec_of(payload)
    if codec == H264:
        return renumbered(unit, SECOND[codec], HEAD_BITS[codec], skip=2) if unit[0] & 0x1F in (1, 5) else unit
    kind = unit[0] >> 1
    flags = 2 if kind in KEYS_H265 else 1
    return renumbered(unit, SECOND[codec], HEAD_BITS[codec] + flags) if kind in SLICES_H265 else unit


def with_vps_number(nalu, number=1):
    """The VPS or SPS of H.265 with another VPS number, which is in its first four bits."""
    return nalu[:2] + bytes([number << 4 | nalu[2] & 0x0F]) + nalu[3:]


def renumbered(nalu, number, at, skip=0):
    """Replaces an exp-Golomb code: the one after `skip` others, which begin at bit `at`."""
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
