"""The licence of every distribution that gradparity or one of its extras brings, and which we accept."""

import re
from importlib.metadata import distribution

ACCEPTED = {
    *("MIT", "MIT-CMU", "ISC", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSL-1.0", "Zlib"),
    *("0BSD", "BSD", "BSD-2-Clause", "BSD-3-Clause", "PSF-2.0", "CC0-1.0"),
}
"""They ask for no more than to be named: whoever uses gradparity may do as they like."""

WEAK = "imported at run time from an extra of its own, and replaceable, as that licence asks"
EXCEPTIONS = {
    "python-flint": ("LGPL-3.0-or-later", WEAK),
    "psycopg": ("LGPL-3.0-only", WEAK),
    "psycopg-binary": ("LGPL-3.0-only", WEAK),
}
"""Distribution -> a further licence that we accept of it, and why."""

CLASSIFIERS = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
WORDS = {"MIT": "MIT", "Apache-2.0": "Apache-2.0", "Apache 2.0": "Apache-2.0", "ISC license": "ISC"}
"""Of those who wrote a short text where an expression is meant."""


def licences(name):
    """The licences of an installed distribution that hold together; empty if it names none."""
    told = distribution(name).metadata
    if expression := told.get("License-Expression"):
        either = expression.split(" OR ")  # we may choose
        best = next((one for one in either if set(one.split(" AND ")) <= ACCEPTED), either[0])
        return set(best.strip("()").split(" AND "))
    kinds = [
        text.split(" :: ")[-1] for text in told.get_all("Classifier", []) if "License ::" in text
    ]
    if kinds:
        return {CLASSIFIERS.get(kind, kind) for kind in kinds}
    text = (told.get("License") or "").strip().partition("\n")[0]
    if re.fullmatch(r"BSD([ -][23][- ]Clause)?( License)?", text, re.IGNORECASE):
        return {"BSD"}
    return {WORDS.get(text, text)} if text else set()


def refused(name):
    """The licences of a distribution that we do not accept; `none` if it names none."""
    also = EXCEPTIONS.get(name, ("",))[0]
    return (licences(name) or {"none"}) - ACCEPTED - {also}
