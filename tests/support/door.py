"""A way to a server that can be cut: connections stay open, and nothing comes through any more."""

import contextlib
import socket
import threading

from .wait import wait_until

PIECE = 64 * 1024
SHUT_SECONDS = 600  # more than any test leaves it shut


class Door:
    """Listens on a port of its own and passes bytes on to `port`, in both directions. `shut`: it keeps them."""

    def __init__(self, port, host="127.0.0.1"):
        self.host, self.to, self.shut, self.closed = host, port, False, False
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closed = True
        self.listener.close()

    def _accept(self):
        while not self.closed:
            with contextlib.suppress(OSError):
                client, _ = self.listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection((self.host, self.to)) as server:
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join()

    def _pump(self, source, target):
        try:
            while (piece := source.recv(PIECE)) and not self.closed:
                if self.shut:
                    wait_until(lambda: not self.shut or self.closed, "the door", SHUT_SECONDS)
                target.sendall(piece)
        except OSError:
            pass
        finally:
            # The other direction ends, too.
            for side in (source, target):
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
