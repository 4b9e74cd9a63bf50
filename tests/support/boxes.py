"""The structure of MP4 files (ISO/IEC 14496-12), read strictly: every box must end where its parent's next one begins, and
what boxes say of one another must be true."""

import struct
from dataclasses import dataclass, field

CONTAINERS = {"moov", "trak", "mdia", "minf", "dinf", "stbl", "edts", "mvex", "moof", "traf", "udta"}
# Before the boxes within: version and flags and a count, or the fields of a sample entry.
PREFIX = {"stsd": 8, "dref": 8, "avc1": 78, "hvc1": 78, "mp4a": 28, "Opus": 28}


@dataclass
class Box:
    type: str
    offset: int
    size: int
    payload: bytes
    children: list = field(default_factory=list)

    def all(self, path):
        first, _, rest = path.partition("/")
        found = [child for child in self.children if child.type == first]
        return [box for child in found for box in child.all(rest)] if rest else found

    def one(self, path):
        found = self.all(path)
        assert len(found) == 1, f"{self.type}: {len(found)} of {path}"
        return found[0]

    def full(self):
        """(version, flags, what is behind them)."""
        word = struct.unpack(">I", self.payload[:4])[0]
        return word >> 24, word & 0xffffff, self.payload[4:]


def parse(data, offset=0):
    boxes, position = [], 0
    while position < len(data):
        assert len(data) - position >= 8, f"{len(data) - position} stray bytes at {offset + position}"
        size, name = struct.unpack(">I4s", data[position:position + 8])
        header = 8
        if size == 1:
            size, header = struct.unpack(">Q", data[position + 8:position + 16])[0], 16
        assert header <= size <= len(data) - position, f"{name} at {offset + position} has size {size}"
        box = Box(name.decode("latin-1"), offset + position, size, data[position + header:position + size])
        if box.type in CONTAINERS or box.type in PREFIX:
            skipped = PREFIX.get(box.type, 0)
            box.children = parse(box.payload[skipped:], box.offset + header + skipped)
        boxes.append(box)
        position += size
    return boxes


def read(path):
    data = path.read_bytes()
    return Box("file", 0, len(data), data, parse(data))


def check_init(file):
    """What every movie must have (§6.2.3, table 1), and how its counts agree."""
    assert file.children[0].type == "ftyp"
    moov = file.one("moov")
    assert moov.children[0].type == "mvhd"
    for trak in moov.all("trak"):
        _, flags, tkhd = trak.one("tkhd").full()
        assert flags & 1, "the track is not enabled"
        assert trak.one("mdia/hdlr").payload[8:12] in (b"vide", b"soun")
        assert len(trak.all("mdia/minf/vmhd")) + len(trak.all("mdia/minf/smhd")) == 1
        assert trak.one("mdia/minf/dinf/dref").children[0].full()[1] == 1, "the media is not in the file"
        stsd = trak.one("mdia/minf/stbl/stsd")
        assert struct.unpack(">I", stsd.payload[4:8])[0] == len(stsd.children) == 1
    ids = [track_id(trak) for trak in moov.all("trak")]
    assert len(set(ids)) == len(ids) and 0 not in ids
    return moov


def track_id(trak):
    version, _, body = trak.one("tkhd").full()
    return struct.unpack(">I", body[16:20] if version else body[8:12])[0]


def check_fragmented(file):
    """Returns (track id, decode time, samples, bytes) of every run."""
    moov = check_init(file)
    defaults = [struct.unpack(">I", trex.full()[2][:4])[0] for trex in moov.all("mvex/trex")]
    assert defaults == [track_id(trak) for trak in moov.all("trak")]
    for trak in moov.all("trak"):
        for name in ("stts", "stsc", "stco"):
            assert trak.one(f"mdia/minf/stbl/{name}").payload == bytes(8)
    rest = file.children[2:]
    assert [box.type for box in rest] == ["moof", "mdat"] * (len(rest) // 2) and rest
    runs, sequence = [], -1
    for moof, mdat in zip(rest[::2], rest[1::2]):
        number = struct.unpack(">I", moof.one("mfhd").full()[2])[0]
        assert number > sequence
        sequence = number
        runs += check_runs(moof, mdat)
    check_decode_times(runs)
    return runs


def check_runs(moof, mdat):
    """The data of all runs fills the mdat without gaps."""
    runs, expected = [], mdat.offset + 8
    for traf in moof.all("traf"):
        _, flags, tfhd = traf.one("tfhd").full()
        assert flags == 0x020000, "default-base-is-moof alone"
        version, _, tfdt = traf.one("tfdt").full()
        assert version == 1
        sizes, durations, offset = parse_run(traf.one("trun"))
        assert moof.offset + offset == expected
        expected += sum(sizes)
        runs.append((struct.unpack(">I", tfhd[:4])[0], struct.unpack(">Q", tfdt)[0], durations, sum(sizes)))
    assert expected == mdat.offset + mdat.size
    return runs


def parse_run(trun):
    version, flags, body = trun.full()
    assert version == 1 and flags & ~0xc00 == 0x301
    count, offset = struct.unpack(">Ii", body[:8])
    width = 8 + 4 * bool(flags & 0x400) + 4 * bool(flags & 0x800)
    assert count > 0 and len(body) == 8 + count * width
    rows = [body[8 + i * width:8 + (i + 1) * width] for i in range(count)]
    return [struct.unpack(">I", row[4:8])[0] for row in rows], [struct.unpack(">I", row[:4])[0] for row in rows], offset


def check_decode_times(runs):
    """Each run begins where the one before it ends."""
    ends = {}
    for track, time, durations, _ in runs:
        assert ends.get(track, time) == time
        ends[track] = time + sum(durations)


def check_whole(file):
    moov = check_init(file)
    assert [box.type for box in file.children] == ["ftyp", "moov", "mdat"]
    mdat = file.children[2]
    covered = sorted(chunk for trak in moov.all("trak") for chunk in chunks_of(trak))
    end = mdat.offset + mdat.size - len(mdat.payload)
    for offset, size in covered:
        assert offset == end
        end += size
    assert end == mdat.offset + mdat.size


def chunks_of(trak):
    """(offset, bytes) of each chunk; all tables of the track count the same samples."""
    stbl = trak.one("mdia/minf/stbl")
    common, count = struct.unpack(">II", stbl.one("stsz").full()[2][:8])
    assert common == 0
    sizes = struct.unpack(f">{count}I", stbl.one("stsz").full()[2][8:])
    durations = table(stbl.one("stts"), 2)
    assert sum(row[0] for row in durations) == count
    assert all(sum(row[0] for row in table(box, 2)) == count for box in stbl.all("ctts"))
    for box in stbl.all("stss"):
        numbers = [row[0] for row in table(box, 1)]
        assert numbers == sorted(set(numbers)) and numbers[0] == 1 and numbers[-1] <= count
    offsets = [row[0] for row in table(stbl.one("stco"), 1)]
    lengths = table(stbl.one("stsc"), 3)
    chunks, sample = [], 0
    for number, offset in enumerate(offsets, 1):
        length = [row[1] for row in lengths if row[0] <= number][-1]
        chunks.append((offset, sum(sizes[sample:sample + length])))
        sample += length
    assert sample == count
    return chunks


def table(box, columns):
    body = box.full()[2]
    count = struct.unpack(">I", body[:4])[0]
    assert len(body) == 4 + 4 * columns * count
    words = struct.unpack(f">{columns * count}I", body[4:])
    return [words[i:i + columns] for i in range(0, len(words), columns)]
