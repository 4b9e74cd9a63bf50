"""The Socket.IO side: which client is which session, who may connect, and what is answered to what is not accepted."""

import asyncio
import hmac
import logging

import socketio
from aiohttp import web
from session import Refused, Session

MAX_CLIENTS = 10                     # each may keep a processor busy
PING_SECONDS, PING_TIMEOUT = 25, 10  # as the protocol's reference has them
CLOSE_SECONDS = 5                    # after stream:complete the client has this long to leave by itself

log = logging.getLogger("sts-espeak")


class Service:
    def __init__(self, speaker, token="", delay=0.0):
        self.speaker, self.token, self.delay = speaker, token, delay
        self.sessions = {}
        # Only WebSocket: long polling would need limits of its own. aiohttp refuses messages of more than 4 MiB. Pages of other
        # origins are refused, which is the default. Events of one client are handled one after the other.
        self.server = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"], async_handlers=False,
                                           ping_interval=PING_SECONDS, ping_timeout=PING_TIMEOUT)
        self.server.on("connect", self.connected)
        self.server.on("disconnect", self.disconnected)
        for event, handler in {"stream:init": self.begin, "fragment:data": self.take, "fragment:ack": self.acknowledged,
                               "stream:pause": self.pause, "stream:resume": self.resume, "stream:end": self.end}.items():
            self.server.on(event, self._handler(handler))
        self._closing = set()  # tasks; asyncio itself keeps only weak references

    def application(self):
        application = web.Application()
        self.server.attach(application)
        application.router.add_get("/health", self.health)
        return application

    async def health(self, _request):
        return web.json_response({"status": "healthy", "service": "sts-espeak", "sessions": len(self.sessions)})

    async def connected(self, sid, environ, auth=None):
        if len(self.sessions) >= MAX_CLIENTS:
            raise socketio.exceptions.ConnectionRefusedError("too many clients")
        if self.token and not self._knows(environ, auth):
            raise socketio.exceptions.ConnectionRefusedError("AUTH_FAILED")
        self.sessions[sid] = Session(self.speaker, lambda event, data: self.server.emit(event, data, to=sid), self.delay)

    def _knows(self, environ, auth):
        shown = auth.get("token") if isinstance(auth, dict) else None
        header = environ.get("HTTP_AUTHORIZATION", "")
        if not isinstance(shown, str):
            shown = header[7:] if header.lower().startswith("bearer ") else ""
        return hmac.compare_digest(shown.encode(errors="replace"), self.token.encode())

    async def disconnected(self, sid):
        session = self.sessions.pop(sid, None)
        if session:
            session.cancel()

    def _handler(self, handle):
        async def checked(sid, data=None, *_more):
            session = self.sessions.get(sid)
            if session is None:
                return
            try:
                if not isinstance(data, dict):
                    raise Refused("MALFORMED_DATA", "expected an object")
                await handle(sid, session, data)
            except Refused as error:
                log.warning("stream %r: %s: %s", session.stream_id, error.code, error)
                await self.server.emit("error", {
                    "code": error.code, "message": str(error), "severity": "warning" if error.retryable else "error",
                    "retryable": error.retryable, "stream_id": session.stream_id, "fragment_id": data.get("fragment_id")
                    if isinstance(data, dict) else None}, to=sid)
        return checked

    async def begin(self, _sid, session, data):
        await session.begin(data)

    async def take(self, _sid, session, data):
        await session.take(data)

    async def acknowledged(self, _sid, _session, _data):
        """A place in the queue is free as soon as the answer is sent; nothing waits for this."""

    async def pause(self, _sid, session, _data):
        session.pause(True)

    async def resume(self, _sid, session, _data):
        session.pause(False)

    async def end(self, sid, session, _data):
        task = asyncio.create_task(self._finish(sid, session))  # pings are answered meanwhile
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _finish(self, sid, session):
        try:
            await session.finish()
        except (Refused, asyncio.CancelledError):
            return
        await asyncio.sleep(CLOSE_SECONDS)
        if sid in self.sessions:
            await self.server.disconnect(sid)
