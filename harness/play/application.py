"""The page and its answers over HTTP, for this machine alone.

Only requests that name this server as their host, and come from its own page or from no page, are
answered: a page elsewhere can neither read nor drive it. Bodies are small and come in time.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gradparity.harness.play.computer import Computer, Reply, refusal
from gradparity.problems.extras import explained
from gradparity.results.pages.bundle import page, plotly

LONGEST_BODY = 16_384
SLOWEST_BODY_S = 5.0


class OwnPageOnly:
    """Refuses whoever names another host, or comes from another page."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reply or refuse one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        origin = request.headers.get("origin")
        if request.headers.get("host") not in self.hosts:
            return await _response(refusal(403, "another host"))(scope, receive, send)
        if origin is not None and origin.removeprefix("http://") not in self.hosts:
            return await _response(refusal(403, "another origin"))(scope, receive, send)
        return await self.app(scope, receive, send)


def application(
    views: list[dict[str, Any]], computer: Computer, port: int, title: str = "gradparity"
) -> Starlette:
    """The application for a port of the loopback address.

    views: what `View.told` tells of each. GET / is the page,
    GET /plotly.js what draws in three dimensions, POST /api/VIEW a frame.
    """

    async def index(request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        policy = POLICY.replace("NONCE", nonce)
        text = page(title, {"base": "/", "views": views}, nonce=nonce)
        return HTMLResponse(text, headers={"Content-Security-Policy": policy, **HEADERS})

    async def frame(request: Request) -> Response:
        told = await _body(request)
        if isinstance(told, Reply):
            return _response(told)
        ask: Callable[..., Reply] = computer.ask
        return _response(await asyncio.to_thread(ask, request.path_params["view"], told))

    async def solids(request: Request) -> Response:
        try:
            return Response(plotly(), media_type="text/javascript", headers=HEADERS)
        except ModuleNotFoundError as error:
            return _response(refusal(404, explained(error) or str(error)))

    hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
    return Starlette(
        routes=[
            Route("/", index, methods=["GET"]),
            Route("/plotly.js", solids, methods=["GET"]),
            Route("/api/{view:str}", frame, methods=["POST"]),
        ],
        middleware=[Middleware(OwnPageOnly, hosts=hosts)],
    )


POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'nonce-NONCE'",
        "style-src 'unsafe-inline'",  # Plotly writes styles
        "connect-src 'self'",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


async def _body(request: Request) -> dict[str, Any] | Reply:
    """The JSON object of a request, or why it is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return refusal(415, "the body must be application/json")
    body = b""
    try:
        async with asyncio.timeout(SLOWEST_BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > LONGEST_BODY:
                    return refusal(413, f"the body is longer than {LONGEST_BODY} bytes")
    except TimeoutError:
        return refusal(408, f"the body took longer than {SLOWEST_BODY_S:g} s")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return refusal(400, "the body is no JSON")
    if not isinstance(told, dict):
        return refusal(400, "the body is no JSON object")
    return told


def _response(told: Reply) -> Response:
    return Response(told.text, told.status, media_type="application/json", headers=HEADERS)
