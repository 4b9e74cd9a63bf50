"""Finds out whether a port is free, and if not, which program listens on it."""

import errno
import os
import socket
from pathlib import Path

from .processes import command_of

LISTENING = "0A"  # the state column of /proc/net/tcp


def is_free(bind, port, udp=False):
    """Tries to listen on the port, without SO_REUSEPORT. So a port whose listener shares it counts as taken."""
    families = [socket.AF_INET] if "." in bind else [socket.AF_INET6, socket.AF_INET]
    return all(_can_listen(family, bind.strip("[]"), port, udp) for family in families)


def _can_listen(family, address, port, udp):
    try:
        with socket.socket(family, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
            if not udp:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            if not udp:
                probe.listen(1)
    except OSError as error:
        return error.errno != errno.EADDRINUSE  # other errors, such as "no IPv6 on this machine", do not mean that it is taken
    return True


def owner(port):
    """'name (pid N)' of the program that listens on a TCP port. None if we may not see it."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for entry in Path("/proc").iterdir() if inodes else []:
        if entry.name.isdecimal() and inodes & _open_files(entry):
            return f"{command_of(entry.name)} (pid {entry.name})"
    return None


def _listening_inodes(port):
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for columns in map(str.split, lines):
            if columns[3] == LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def _open_files(process):
    links = set()
    try:
        for descriptor in (process / "fd").iterdir():
            links.add(os.readlink(descriptor))
    except OSError:
        pass  # we may not see this process, or it has ended
    return links
