"""Leases at an API server (api.py, or fake_api.py), to which each client has a way of its own that can be cut."""

from ..door import Door
from ..wait import wait_until


class Leases:
    def __init__(self, server, ways=1):
        self.server = server
        self.ways = [Door(server.port) for _ in range(ways)]

    def kubeconfig(self, way, file):
        """Writes one that leads to the server by this way."""
        self.server.kubeconfig(file)
        file.write_text(file.read_text().replace(self.server.url, f"https://{self.ways[way].host}:{self.ways[way].port}"))
        return file

    def get(self, name):
        """None: there is no such Lease."""
        return self.server.admin.get("leases", name)

    def holder(self, name):
        lease = self.get(name)
        return lease and lease["spec"].get("holderIdentity") or None

    def wait_holder(self, name, unlike=None, seconds=60):
        return wait_until(lambda: (now := self.holder(name)) != unlike and now, lambda: f"a holder of {name}: {self.get(name)}", seconds)

    def close(self):
        for way in self.ways:
            way.close()
