"""How long a connection may take to say what it asks. Needs uvicorn; `server.py` says so."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

SLOWEST_HEAD_S = 10.0
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientProtocol(H11Protocol):
    """HTTP/1.1 of uvicorn, which hangs up where a head takes longer than `SLOWEST_HEAD_S`: 408.

    Otherwise as many connections as are allowed, each with half a head, keep everybody else out.
    """

    late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Stop waiting where the head is whole; begin anew with a further request's."""
        super().data_received(data)
        if not self._idle():
            self._stop()
        elif self.late is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        super().connection_lost(exc)

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        self.late = self.loop.call_later(SLOWEST_HEAD_S, self._hang_up)

    def _stop(self) -> None:
        if self.late is not None:
            self.late.cancel()
            self.late = None

    def _hang_up(self) -> None:
        self.late = None
        if self._idle() and not self.transport.is_closing():
            self.transport.write(TOO_LATE)
            self.transport.close()
