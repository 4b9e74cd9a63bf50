"""An RTMP server that wants Adobe's login ("authmod=adobe"), as Wowza and Adobe Media Server do: it refuses connect and says what it
wants; the client connects again, first with the user's name, then with a digest of the password and the server's challenge."""

import base64
import hashlib
import secrets

from .rtmp_server import RtmpServer
from .rtmp_wire import amf0_values

REFUSED = "[ AccessManager.Reject ] : [ {} ] : {}"


def digest(*texts):
    return base64.b64encode(hashlib.md5("".join(texts).encode()).digest()).decode()


class AdobeServer(RtmpServer):
    """`opaque`: whether the server sends an opaque value, which then takes the place of the challenge."""

    def __init__(self, user="encoder", password="pa55word", opaque=True):
        self.user, self.password, self.opaque = user, password, opaque
        self.salt = secrets.token_hex(4)
        self.challenges = {}  # the challenge or opaque value of each connection that was refused with one
        self.queries = []     # of the apps that clients have connected to
        self.let_in = 0
        super().__init__()

    def connect_refusal(self, body):
        app = amf0_values(body)[2]["app"]
        query = app.partition("?")[2]
        self.queries.append(query)
        given = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
        if given.get("authmod") != "adobe":
            return REFUSED.format("code=403 need auth; authmod=adobe", "")
        if given.get("user") != self.user:
            return REFUSED.format("authmod=adobe", "?reason=nosuchuser")
        if "response" not in given:
            return REFUSED.format("authmod=adobe", self._question())
        asked = self.challenges.pop(given.get("opaque") or next(iter(self.challenges), ""), None)
        wanted = digest(digest(self.user, self.salt, self.password), asked or "", given.get("challenge", ""))
        if asked is None or given["response"] != wanted:
            return REFUSED.format("authmod=adobe", "?reason=authfailed")
        self.let_in += 1
        return None

    def _question(self):
        challenge, opaque = secrets.token_hex(4), secrets.token_hex(4)
        asked = opaque if self.opaque else challenge
        self.challenges[asked] = asked
        return f"?reason=needauth&user={self.user}&salt={self.salt}&challenge={challenge}" + (f"&opaque={opaque}" if self.opaque else "")
