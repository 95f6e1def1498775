"""Einsum's subscripts made plain: explicit output, letters only, none twice in one operand."""

from __future__ import annotations

from typing import Any

from gradparity.backends.numpy_tape.operations.loss_operands import admit, checked
from gradparity.backends.numpy_tape.primitives import primitive as p
from gradparity.backends.numpy_tape.primitives.box import Box
from gradparity.problems import Array, InputError


def einsum(subscripts: str, *operands: Any) -> Array:
    """Einsum; InputError if the subscripts do not fit the arrays."""
    for x in operands:
        if not isinstance(admit(x), Box):
            raise InputError("xp.einsum of a Python number; write it as a factor before the einsum")
    inputs, output = plain(subscripts, [x.ndim for x in operands])
    arrays = list(operands)
    for i, names in enumerate(inputs):
        if len(set(names)) < len(names):
            inputs[i], arrays[i] = diagonal(names, arrays[i])
    return checked(p.einsum, *arrays, subscripts=f"{','.join(inputs)}->{output}")


def plain(subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """The subscripts of each operand and of the output, with letters for "..." and an output.

    Without "->" the output is every letter that occurs once, in alphabetical order.
    """
    given, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = given.split(",")
    if len(inputs) != len(ranks):
        raise InputError(f"xp.einsum({subscripts!r}) names {len(inputs)} arrays, got {len(ranks)}")
    free = [c for c in "zyxwvutsrqponmlkjihgfedcba" if c not in subscripts]
    hidden = [
        rank - len(names.replace("...", "")) for names, rank in zip(inputs, ranks, strict=True)
    ]
    longest = max([h for h, names in zip(hidden, inputs, strict=True) if "..." in names], default=0)
    for names, h in zip(inputs, hidden, strict=True):
        if h < 0 or (h > 0 and "..." not in names):
            raise InputError(f"xp.einsum({subscripts!r}): {names!r} does not fit its array")
    if not arrow:
        letters = "".join(inputs).replace(".", "")
        once = sorted(c for c in set(letters) if letters.count(c) == 1)
        output = ("..." if longest else "") + "".join(once)
    dots = "".join(free[:longest])
    spelled = [
        names.replace("...", dots[longest - h :]) for names, h in zip(inputs, hidden, strict=True)
    ]
    return spelled, output.replace("...", dots)


def diagonal(names: str, x: Array) -> tuple[str, Array]:
    """x on the diagonal of letters that occur twice: "iji" -> "ij"."""
    letter = next(c for c in names if names.count(c) > 1)
    places = [a for a, c in enumerate(names) if c == letter]
    rest = [a for a in range(len(names)) if a not in places]
    n = x.shape[places[0]]
    count = x.create(p.arange, n=n, dtype="int64")
    lined = p.gather(p.transpose(x, axes=(*places, *rest)), *[count] * len(places), axis=0)
    left = letter + "".join(names[a] for a in rest)
    return diagonal(left, lined) if len(set(left)) < len(left) else (left, lined)
