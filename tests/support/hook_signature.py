"""The header X-Hook-Signature, made without the code that is tested."""

import hashlib
import hmac
import json
import time


def headers(secret, kind, body, at=None):
    """Those of a POST of this event ("ready" or "not-ready"). at: seconds since 1970; None: now."""
    at = int(time.time() if at is None else at)
    text = f"{at}\n/v1/mediamtx/events/{kind}\n".encode() + (body if isinstance(body, bytes) else json.dumps(body).encode())
    return {"X-Hook-Signature": f"t={at},v1={hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}"}
