"""Suites: named lists of what to run, in TOML files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gradparity.backends import DTYPES, LOW_DTYPES, OPERATORS
from gradparity.backends.catalogue import names
from gradparity.harness.planning.lookup import members, selectable
from gradparity.problems import InputError
from gradparity.problems.errors import unknown
from gradparity.problems.python_file import is_file
from gradparity.problems.user_files import read_text

FOLDER = Path(__file__).parent / "suites"


class SuiteProblem(BaseModel):
    """One problem (or family) of a suite, at some of its sizes (all, if none are named).

    margin: by how much `gate` lets it be slower, as a fraction; None for what `gate` is told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    problem: str
    sizes: tuple[str, ...] = ()
    margin: float | None = Field(default=None, gt=0, lt=10)


class Suite(BaseModel):
    """What to run: problems and sizes, on which backends, in which settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = ""
    backends: tuple[str, ...] = ()
    operators: tuple[str, ...] = ("gradient",)
    dtypes: tuple[str, ...] = ("float64",)
    entries: tuple[SuiteProblem, ...] = Field(alias="problems", min_length=1)


def suites() -> dict[str, Path]:
    """The suites that come with gradparity: name -> file."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def load_suite(name_or_file: str) -> Suite:
    """The suite of this name, or in this file.

    Raises InputError, one line with file, line and key, for anything wrong in the file.
    """
    if not name_or_file.endswith(".toml"):
        known = suites()
        if name_or_file not in known:
            raise unknown("suite", name_or_file, known)
        return read_suite(known[name_or_file], name_or_file)
    return read_suite(Path(name_or_file), name_or_file)


def read_suite(path: Path, shown: str) -> Suite:
    """The suite in `path`, which messages call `shown`."""
    text = read_text(path, f"suite {shown}")
    try:
        suite = Suite.model_validate(tomllib.loads(text))
    except RecursionError as error:
        raise InputError(f"suite {shown}: brackets within brackets, too deep") from error
    except ValueError as error:  # what it calls a mistake, and a number of too many digits
        if isinstance(error, ValidationError):
            raise _invalid(shown, text, error) from error
        raise InputError(f"suite {shown}: {error}") from error
    for place, kind, given, allowed in _names(suite):
        for name in given:
            if name not in allowed:
                where = _where(shown, text, place)
                raise InputError(f"{where}: {unknown(kind, name, allowed)}")
    return suite


def _invalid(shown: str, text: str, error: ValidationError) -> InputError:
    """What pydantic found first, with its line."""
    first = error.errors(include_url=False)[0]
    location = first["loc"]
    where = _where(shown, text, location)
    if first["type"] == "extra_forbidden":
        model = SuiteProblem if len(location) > 1 else Suite
        known = [field.alias or name for name, field in model.model_fields.items()]
        return InputError(f"{where}: {unknown('key', str(location[-1]), known)}")
    key = ".".join(str(part) for part in location)
    return InputError(f"{where}: {key}: {first['msg']}")


def _names(
    suite: Suite,
) -> Iterator[tuple[tuple[int | str, ...], str, tuple[str, ...], tuple[str, ...]]]:
    """Every list of names in a suite: where it stands, what it names, the names, those known."""
    named = tuple(name for name in suite.backends if not is_file(name))
    yield ("backends",), "backend", named, tuple(names())
    yield ("operators",), "operator", suite.operators, OPERATORS
    yield ("dtypes",), "dtype", suite.dtypes, (*DTYPES, *LOW_DTYPES)
    for i, entry in enumerate(suite.entries):
        meant = members(entry.problem)
        place: tuple[int | str, ...] = ("problems", i, "problem")
        yield place, "problem", () if meant else (entry.problem,), tuple(selectable())
        sizes = dict.fromkeys(size for problem in meant.values() for size in problem.sizes)
        yield ("problems", i, "sizes"), "size", entry.sizes, tuple(sizes)


def _where(shown: str, text: str, location: tuple[int | str, ...]) -> str:
    line = line_of(text, location)
    return f"suite {shown}, line {line}" if line else f"suite {shown}"


def line_of(text: str, location: tuple[int | str, ...]) -> int | None:
    """The line, from 1, of a key in TOML text: ("dtypes", 0) or ("problems", 2, "sizes").

    TOML parsers give no positions. A suite is flat enough to find them: one level of
    [[problems]] tables, one key a line. None if the text is written otherwise.
    """
    lines = text.splitlines()
    keys = [part for part in location if isinstance(part, str)]
    first, last = 0, len(lines)
    if keys and keys[0] == "problems" and len(location) > 1 and isinstance(location[1], int):
        heads = [i for i, line in enumerate(lines) if re.match(r"\s*\[\[\s*problems\s*\]\]", line)]
        if location[1] >= len(heads):
            return None
        first = heads[location[1]]
        last = heads[location[1] + 1] if location[1] + 1 < len(heads) else last
        keys = keys[1:]
        if not keys:
            return first + 1
    if keys:
        pattern = re.compile(rf"\s*[\"']?{re.escape(keys[0])}[\"']?\s*=")
        for i in range(first, last):
            if pattern.match(lines[i]):
                return i + 1
    return first + 1 if first else None
