"""Plain HTTP requests to this machine. An error status is returned as an answer, not raised as an exception."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Reply:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode()


def request(method, url, body=None, headers=None, timeout=10):
    data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
    sent = {"Content-Type": "application/json"} if data is not None else {}
    asked = urllib.request.Request(url, data=data, method=method, headers={**sent, **(headers or {})})
    try:
        with _opener.open(asked, timeout=timeout) as reply:
            return Reply(reply.status, dict(reply.headers), reply.read())
    except urllib.error.HTTPError as reply:
        return Reply(reply.code, dict(reply.headers), reply.read())


def get(url, **options):
    return request("GET", url, **options)
