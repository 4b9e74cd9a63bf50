"""A viewer that decodes a stream while it comes, and notes when each picture and each piece of sound is due, and its checksum."""

from . import ffmpeg
from .process import Process


class DecodedStream:
    def __init__(self, url, folder, name):
        self.sums = folder / f"{name}.framemd5"
        self.process = Process(name, ["ffmpeg", "-hide_banner", "-v", "error", "-nostdin", "-y", *ffmpeg.input_options(url), "-map", "0:v?",
                                      "-map", "0:a?", "-fps_mode", "passthrough", "-f", "framemd5", "-flush_packets", "1", str(self.sums)],
                               folder / f"{name}.log")

    def frames(self, kind):
        """[(seconds, checksum)] of "video" or "audio"."""
        if not self.sums.exists():
            return []
        bases, kinds, found = {}, {}, []
        for line in self.sums.read_text().splitlines():
            if line.startswith("#tb "):
                number, base = line[4:].split(":")
                over, under = base.strip().split("/")
                bases[number] = int(over) / int(under)
            elif line.startswith("#media_type "):
                number, value = line[12:].split(":")
                kinds[number] = value.strip()
            elif line and not line.startswith("#"):
                row = [cell.strip() for cell in line.split(",")]
                if len(row) >= 6 and len(row[5]) == 32 and kinds[row[0]] == kind:
                    found.append((int(row[2]) * bases[row[0]], row[5]))
        return found

    def times(self, kind):
        return [at for at, _ in self.frames(kind)]

    def errors(self):
        """What the decoders complained of."""
        return self.process.log()


def steps(times):
    return [later - earlier for earlier, later in zip(times, times[1:])]
