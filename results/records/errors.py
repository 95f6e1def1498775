"""What can go wrong with a store or an export, in one line for a person; imports nothing heavy."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be opened, read or written; the text is one line that says why."""


class StoreFull(StoreError):
    """The disk is full, or failed, while storing; what was stored before stays readable."""


class StoreDamaged(StoreError):
    """What a database holds is not what was written; `found` says what, without advice."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"{found}; `gradparity store check` says what is, and `gradparity store merge` puts "
            "into another file what is not"
        )
        self.found = found


class StoreLost(StoreError):
    """The server that keeps the store cannot be reached; what was stored before is there."""


class ExportError(Exception):
    """A format cannot be written here; the text is one line that says why, and what helps."""


class NothingToDraw(Exception):
    """A picture has nothing to show; the text is one line that says why."""
