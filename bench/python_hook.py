#!/usr/bin/python3
"""Does the same as mtx-hook: one call by the media router makes one POST. Only for bench/hook_cost.py."""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import datetime, timezone

TIMEOUT_SECONDS = 3
SOURCE_TYPES = {"rtmpConn": "rtmp", "rtmpsConn": "rtmp", "rtspSession": "rtsp", "rtspsSession": "rtsp",
                "webRTCSession": "webrtc", "srtConn": "srt"}


def event():
    kind = os.environ["MTX_SOURCE_TYPE"]
    return {"path": os.environ["MTX_PATH"], "query": urllib.parse.unquote_plus(os.environ.get("MTX_QUERY", "")),
            "sourceType": SOURCE_TYPES.get(kind, kind), "sourceId": os.environ["MTX_SOURCE_ID"]}


def post(kind, body, correlation_id):
    url = os.environ["ORCHESTRATOR_URL"].rstrip("/") + f"/v1/mediamtx/events/{kind}"
    request = urllib.request.Request(url, json.dumps(body).encode(), method="POST", headers={
        "Content-Type": "application/json", "X-Correlation-ID": correlation_id})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=TIMEOUT_SECONDS) as reply:
        reply.read()


def main():
    correlation_id = str(uuid.uuid4())
    if sys.argv[1:] not in (["ready"], ["not-ready"]):
        sys.exit("usage: python_hook.py ready|not-ready")
    try:
        post(sys.argv[1], event(), correlation_id)
    except (KeyError, ValueError, OSError) as error:
        print(json.dumps({"ts": datetime.now(timezone.utc).isoformat(), "level": "error", "component": "python-hook",
                          "event": "hook.failed", "msg": str(error), "correlationId": correlation_id}), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
