"""What can go wrong with a store or an export, in one line for a person; imports nothing heavy."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be opened, read or written; the text is one line that says why."""


class StoreFull(StoreError):
    """The disk is full, or failed, while storing; what was stored before stays readable."""


class StoreLost(StoreError):
    """The server that keeps the store cannot be reached; what was stored before is there."""


class ExportError(Exception):
    """A format cannot be written here; the text is one line that says why, and what helps."""


class NothingToDraw(Exception):
    """A picture has nothing to show; the text is one line that says why."""
