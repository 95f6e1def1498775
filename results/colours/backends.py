"""Which colour, marker and dash a backend has: the same for ever, in every picture."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Style:
    """How one row is drawn. colour: "#rrggbb"; marker and dash: as matplotlib names them."""

    colour: str
    marker: str
    dash: Any
    filled: bool = True


DASHED: Any = (0, (4, 1.4))

KNOWN = {
    "numpy": Style("#0072B2", "o", "solid"),
    "jax": Style("#D55E00", "s", "solid"),
    "torch": Style("#007A5A", "^", "solid"),
    "tape": Style("#A8487F", "D", "solid"),
    "tape-eager": Style("#C06C9C", "d", DASHED, filled=False),
    "jax-eager": Style("#B86A2E", "s", DASHED, filled=False),
    "torch-func": Style("#4B8B3B", "^", DASHED, filled=False),
    "torch-compile": Style("#0B5C45", "^", (0, (6, 1.4, 1.2, 1.4))),
    "autograd": Style("#6A51A3", "h", (0, (6, 1.6))),
    "dual": Style("#3F3F3F", "*", (0, (1.3, 1.3))),
    "complex-step": Style("#6E6E2A", "8", (0, (1.3, 1.3))),
    "finite-difference": Style("#8C6D1F", "v", (0, (1.3, 1.3))),
    "arb": Style("#2F4B7C", "H", (0, (1.3, 1.3))),
}
"""No two share marker, dash and filling, so that a print in grey can be read.
On white, from the palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), darkened
until each has a contrast of at least 3:1."""

FURTHER = (
    Style("#7A5195", "v", (0, (4, 1))),
    Style("#5C5C5C", "P", (0, (6, 1, 1, 1))),
    Style("#8C510A", "X", (0, (3, 1, 1, 1))),
    Style("#004488", "<", (0, (5, 2))),
    Style("#997700", ">", (0, (2, 1))),
    Style("#994455", "p", (0, (7, 2))),
)
"""For backends that we do not know; told apart by marker and dash too."""


def style(backend: str, variant: str = "portable") -> Style:
    """Return the style of a backend; its further rows are lighter, dashed and hollow.

    What is unknown, a backend or a gradient by its name, has a style by its name alone, so that it
    is the same in every run.
    """
    found = KNOWN.get(backend) or _further(backend)
    if variant == "portable":
        return found
    if variant == "idiomatic":
        return Style(lighter(found.colour), found.marker, (0, (3, 1.5)), filled=False)
    own = _further(variant)
    return Style(lighter(found.colour, 0.2), own.marker, own.dash, filled=False)


def _further(name: str) -> Style:
    return FURTHER[zlib.crc32(name.encode(errors="backslashreplace")) % len(FURTHER)]


def lighter(colour: str, by: float = 0.35) -> str:
    """Return `colour` ("#rrggbb") mixed with a share `by` of white, 0 to 1."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel + by * (255 - channel)):02X}" for channel in channels)
