"""Shapes with names in them: ("b", "h", "t", 64) is one shape for every size of b, h and t."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradparity.problems import InputError

Shape = tuple[int | str, ...]
Sizes = Mapping[str, int]

ORDINARY = (2, 3)
"""The sizes of the first and the second name where an array has three axes or more: batch, head."""

LENGTH = 40
"""The size of every other name: more than one block of 16 and of 32, and no multiple of either."""

ONE_OFF = (1, 15, 17, 63, 65, 72, 104, 129)
"""Sizes at which a name is tried alone: one, and those beside blocks of 16, 64 and 128."""


def checked(shapes: Any) -> tuple[Shape, ...]:
    """The shapes of the inputs. Raises: InputError for what are none."""
    if not isinstance(shapes, Sequence) or isinstance(shapes, str) or not shapes:
        raise InputError(
            'shapes should be a list with a shape for each input, as [("n", 64), (64,)]'
        )
    for shape in shapes:
        if not isinstance(shape, tuple | list):
            raise InputError(f"shapes holds {shape!r}, should hold a shape for each input: a tuple")
        for x in shape:
            number = isinstance(x, int) and not isinstance(x, bool) and x > 0
            if not number and not (isinstance(x, str) and x):
                raise InputError(f"a shape holds {x!r}, should hold whole numbers and names")
    return tuple(tuple(shape) for shape in shapes)


def ordinary(shapes: Sequence[Shape], given: Sizes) -> dict[str, int]:
    """The size of every name: as given, or the ordinary one.

    Raises: InputError for a size of no name, or none at all.
    """
    sizes: dict[str, int] = {}
    for shape in shapes:
        for axis, x in enumerate(shape):
            if isinstance(x, str) and x not in sizes:
                short = len(shape) >= 3 and axis < len(shape) - 2 and axis < len(ORDINARY)
                sizes[x] = given.get(x, ORDINARY[axis] if short else LENGTH)
    for name, size in given.items():
        if name not in sizes:
            raise InputError(f"sizes has {name}, which no shape has; the names are {sorted(sizes)}")
        if not isinstance(size, int) or size < 1:
            raise InputError(f"the size of {name} is {size!r}, should be a whole number above 0")
    return sizes


def sized(shapes: Sequence[Shape], sizes: Sizes) -> list[tuple[int, ...]]:
    """The shapes at these sizes."""
    return [tuple(sizes[x] if isinstance(x, str) else x for x in shape) for shape in shapes]
