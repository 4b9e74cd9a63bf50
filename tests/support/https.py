"""HTTPS requests to this machine, with the certificates of a test."""

import json
import urllib.error
import urllib.request

from . import http, tls


def request(method, url, certificate, body=None, headers=None, timeout=20):
    """As http.request(). certificate: the one that is trusted; None: any."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls.trusting(certificate)))
    data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
    sent = {"Content-Type": "application/json"} if data is not None else {}
    asked = urllib.request.Request(url, data=data, method=method, headers={**sent, **(headers or {})})
    try:
        with opener.open(asked, timeout=timeout) as reply:
            return http.Reply(reply.status, dict(reply.headers), reply.read())
    except urllib.error.HTTPError as reply:
        return http.Reply(reply.code, dict(reply.headers), reply.read())


def get(url, certificate, **options):
    return request("GET", url, certificate, **options)
