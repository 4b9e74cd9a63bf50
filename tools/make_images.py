#!/usr/bin/env python3
"""make images: writes container images of the programs that were built here, without a container engine.

    tools/make_images.py BIN_DIR OUTPUT.tar [--mediamtx PROGRAM] [--sts-echo]

The file is an archive as `docker save` writes it: `docker load -i`, `ctr -n k8s.io images import` and `kind load image-archive` read it.
The images have the names that deploy/kubernetes uses. Each holds its programs, the shared libraries of this machine that they need, and
the certificates that this machine trusts; there is no shell. All share the layer with the libraries.
"""

import argparse
import hashlib
import io
import json
import platform
import re
import ssl
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

VERSION = "0.1.0"
MEDIAMTX_TAG = "1.20.1"
USER = "10001:10001"
PROGRAMS_FOLDER = "usr/local/bin"
AUTHORITY = re.compile(r"[0-9a-f]{8}\.[0-9]+")  # the name under which OpenSSL looks for a certificate
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    name: str
    programs: tuple          # file names; the first one is the entry point
    folder: str = PROGRAMS_FOLDER
    search: str = f"/{PROGRAMS_FOLDER}"


IMAGES = [
    Image(f"tidegate/media-service:{VERSION}", ("media-service", "stream-worker", "stream-worker-dub", "stream-forwarder")),
    Image(f"tidegate/stream-worker:{VERSION}", ("stream-worker", "stream-worker-dub")),
    Image(f"tidegate/media-router:{VERSION}", ("media-router", "mtx-hook", "mtx-hook-secure")),
]
STS_ECHO = Image(f"tidegate/sts-echo:{VERSION}", ("sts-echo",))
# As deploy/mediamtx/Dockerfile makes it.
MEDIAMTX = Image(f"tidegate/mediamtx:{MEDIAMTX_TAG}", ("mediamtx", "mtx-hook", "mtx-hook-secure"), folder=".", search="/")


def libraries(programs):
    """The shared libraries of the programs and of each other, by the paths under which the loader looks for them."""
    found = set()
    for program in programs:
        done = subprocess.run(["ldd", str(program)], capture_output=True, text=True)
        if "not found" in done.stdout:
            raise SystemExit(f"make_images: {program}: {done.stdout}")
        found |= set(re.findall(r"^\s*(?:\S+ => )?(/\S+) \(0x", done.stdout, re.M))  # a static program has none
    return sorted(found)


def authorities():
    """The files of the authorities that this machine trusts, in the folder where OpenSSL looks for them."""
    folder = Path(ssl.get_default_verify_paths().openssl_capath)
    return sorted(path for path in folder.glob("*") if AUTHORITY.fullmatch(path.name))


def entry(name, mode, kind=tarfile.REGTYPE, size=0, owner=0):
    made = tarfile.TarInfo(name)
    made.mode, made.type, made.size, made.uid, made.gid = mode, kind, size, owner, owner
    return made


class Layer:
    """A tar file that is the same for the same files: no times, no names of users."""

    def __init__(self):
        self.buffer, self.folders = io.BytesIO(), set()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.GNU_FORMAT)

    def folder(self, name, mode=0o755, owner=0):
        for parent in reversed(Path(name).parents):
            if str(parent) not in (".", *self.folders):
                self.folder(str(parent))
        if name not in (".", *self.folders):
            self.folders.add(name)
            self.tar.addfile(entry(name, mode, tarfile.DIRTYPE, owner=owner))

    def file(self, name, source, mode):
        self.folder(str(Path(name).parent))
        data = source.read_bytes()  # a link is followed
        self.tar.addfile(entry(name, mode, size=len(data)), io.BytesIO(data))

    def finish(self):
        self.tar.close()
        data = self.buffer.getvalue()
        return hashlib.sha256(data).hexdigest(), data


def library_layer(programs):
    layer = Layer()
    for path in libraries(programs):
        layer.file(path.lstrip("/"), Path(path), 0o755)
    for path in authorities():
        layer.file(str(path).lstrip("/"), path, 0o644)
    layer.folder("tmp", 0o1777)
    return layer.finish()


def program_layer(image, sources):
    layer = Layer()
    for name in image.programs:
        layer.file(str(Path(image.folder) / name), sources[name], 0o755)
    layer.folder("recordings", owner=int(USER.split(":")[0]))
    return layer.finish()


def configuration(image, digests):
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    entry_point = str(Path("/") / image.folder / image.programs[0])
    return json.dumps({"architecture": architecture, "os": "linux", "created": "1970-01-01T00:00:00Z",
                       "config": {"Entrypoint": [entry_point], "Env": [f"PATH={image.search}"], "WorkingDir": "/", "User": USER},
                       "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]}}).encode()


def write(output, images, sources):
    """sources: {name of a program: its file}."""
    shared = library_layer(sorted({sources[name] for image in images for name in image.programs}))
    written, manifest = set(), []
    partial = output.with_name(f".{output.name}.partial")
    with tarfile.open(partial, "w") as archive:
        def add(name, data):
            if name not in written:
                written.add(name)
                archive.addfile(entry(name, 0o644, size=len(data)), io.BytesIO(data))
        for image in images:
            layers = [shared, program_layer(image, sources)]
            config = configuration(image, [digest for digest, _ in layers])
            config_name = f"{hashlib.sha256(config).hexdigest()}.json"
            for digest, data in layers:
                add(f"{digest}/layer.tar", data)
            add(config_name, config)
            manifest.append({"Config": config_name, "RepoTags": [image.name], "Layers": [f"{digest}/layer.tar" for digest, _ in layers]})
        add("manifest.json", json.dumps(manifest).encode())
    partial.rename(output)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("bin_dir", type=Path)
    arguments.add_argument("output", type=Path)
    arguments.add_argument("--mediamtx", type=Path, help="a MediaMTX, which gets an image with mtx-hook")
    arguments.add_argument("--sts-echo", action="store_true", help="also the speech service for tests")
    chosen = arguments.parse_args()
    images = IMAGES + ([STS_ECHO] if chosen.sts_echo else []) + ([MEDIAMTX] if chosen.mediamtx else [])
    sources = {name: chosen.bin_dir / name for image in images for name in image.programs}
    if chosen.mediamtx:
        sources["mediamtx"] = chosen.mediamtx
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    write(chosen.output, images, sources)
    print(f"{chosen.output}: {', '.join(image.name for image in images)}")


if __name__ == "__main__":
    main()
