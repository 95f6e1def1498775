"""The name of a run."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """Sortable by time, and unlike any other: "20261123-223145-3fa9"."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
