"""The report of a store over HTTP: pages and what they ask, all of it only read.

On the loopback address the live page's protection holds: whoever names another host, or comes from
another page, is refused. On any other address a token is asked for, once, and kept in a cookie that
no script and no other site can use. Requests have no bodies, and none is read.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gradparity.harness.play.application import HEADERS, POLICY, OwnPageOnly
from gradparity.harness.serve.reports import Reports, ServedPage
from gradparity.results.records.errors import StoreError
from gradparity.results.words.display import printable, without_passwords

COOKIE = "gradparity-token"
POLL_S = 5

_FOLLOW = """<script type="module" nonce="NONCE">
const shown = SHOWN;
setInterval(async () => {
  try {
    const told = await fetch("/state" + location.pathname);
    if (told.ok && (await told.text()) !== shown) location.reload();
  } catch {}
}, 1000 * POLL);
</script>
</body>"""
"""Loads the page anew, where it was scrolled to, when the store has more than it shows."""


class TokenOnly:
    """Refuses whoever has no token; one in the address is moved into a cookie."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app, self.token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reply or refuse one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        given = request.query_params.get("token")
        if given is not None and self._right(given):
            reply: Response = RedirectResponse(request.url.path, 303, HEADERS)
            reply.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            return await reply(scope, receive, send)
        if self._right(_cookie(request)):
            return await self.app(scope, receive, send)
        return await _told(403, "a token is needed: /?token=...")(scope, receive, send)

    def _right(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self.token.encode())


def application(reports: Reports, port: int, token: str | None = None) -> Starlette:
    """The application for a port: of the loopback address, or with a token of any.

    GET / is the list of runs, GET /run/ID a report; /state/ and /state/run/ID what they would show.
    """

    async def runs(request: Request) -> Response:
        return await _page(reports.list)

    async def run(request: Request) -> Response:
        return await _page(reports.report, request.path_params["run"])

    async def state(request: Request) -> Response:
        try:
            told = await asyncio.to_thread(reports.state, request.path_params.get("run", ""))
        except StoreError as error:
            return _told(503, str(error))
        return PlainTextResponse(told, headers=HEADERS)

    hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
    return Starlette(
        routes=[
            Route("/", runs, methods=["GET"]),
            Route("/run/{run:str}", run, methods=["GET"]),
            Route("/state/", state, methods=["GET"]),
            Route("/state/run/{run:str}", state, methods=["GET"]),
        ],
        middleware=[
            Middleware(OwnPageOnly, hosts=hosts)
            if token is None
            else Middleware(TokenOnly, token=token)
        ],
    )


async def _page(make: Callable[..., ServedPage], *given: str) -> Response:
    from gradparity.results.pages.encoding import embedded

    try:
        shown = await asyncio.to_thread(make, *given)
    except StoreError as error:
        return _told(404 if "has no run" in str(error) else 503, str(error))
    nonce = secrets.token_urlsafe(16)
    follow = _FOLLOW.replace("SHOWN", embedded(shown.state)).replace("POLL", str(POLL_S))
    head, _, tail = shown.text.rpartition("</body>")
    text = (head + follow + tail).replace('nonce="NONCE"', f'nonce="{nonce}"')
    policy = POLICY.replace("NONCE", nonce)
    return HTMLResponse(text, headers={"Content-Security-Policy": policy, **HEADERS})


def _cookie(request: Request) -> str:
    try:
        found: Any = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else str(found.value)


def _told(status: int, why: str) -> Response:
    return PlainTextResponse(printable(without_passwords(why)) + "\n", status, HEADERS)
