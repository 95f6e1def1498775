"""How iterates may be averaged, as it is typed; `updates/averaging.py` says what that means."""

from __future__ import annotations

GRAMMAR = "ema:DECAY, ema:DECAY:debiased or swa:START:EVERY, such as ema:0.99 or swa:750:10"


def is_average(text: object) -> bool:
    """Whether the text says how to average."""
    if not isinstance(text, str):
        return False
    name, *told = text.split(":")
    if name == "ema":
        return len(told) in (1, 2) and told[1:] in ([], ["debiased"]) and _is_share(told[0])
    return name == "swa" and len(told) == 2 and all(map(_is_count, told))


def first_averaged(text: str) -> int:
    """From which step on it is an average."""
    name, *told = text.split(":")
    return int(told[0]) if name == "swa" else 1


def _is_share(text: str) -> bool:
    try:
        return 0.0 <= float(text) < 1.0
    except ValueError:
        return False


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) >= 1
