"""The record of what in a store cannot be read; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong with a store, and is therefore left out of what is shown.

    run: the run's id; "" where it concerns the whole file. row: which of its rows, "cell 12
    (rosenbrock tiny, numpy)"; "" for the run itself. what: is wrong with it.
    """

    run: str
    row: str
    what: str

    def line(self) -> str:
        """For a person: "run 20261123-223145-3fa9, cell 12 (...): max_error is text"."""
        where = ", ".join(filter(None, (self.run and f"run {self.run}", self.row)))
        return f"{where}: {self.what}" if where else self.what
