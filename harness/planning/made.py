"""Problems and losses made in Python: kept in files, so that other processes find them as they are.

A notebook's problem has no file that a worker could import. It is written, by value, into a file
beside the store whose name has a digest of its content: what it computes with, wherever it was
typed. From there on it is a problem in a file like any other, for workers, for `--resume`, for the
stored run, and for the command line.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import sys
import sysconfig
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, ClassVar

import cloudpickle
import numpy as np

from gradparity.harness.planning.lookup import Target, catalogue
from gradparity.harness.processes.environment import PACKAGE
from gradparity.problems import Arrays, InputError, Instance, Problem
from gradparity.problems.python_file import MADE
from gradparity.problems.user_files import write_bytes
from gradparity.results.store.place import place

DEFAULT_FOLDER = Path(".gradparity/made")


def named(who: str, targets: Iterable[Target], store: str | Path | None) -> tuple[str, ...]:
    """The names and files that targets mean; what was made in Python is kept in files.

    who: "run" or "train", for messages. Lists count as what is in them. Raises InputError for what
    is none of the kinds of `Target`, and for what cannot be sent to another process.
    """
    found: list[str] = []
    left = [one for target in targets for one in _flat(target)]
    while left:
        target = left.pop(0)
        if isinstance(target, str):
            found.append(target)
        elif isinstance(target, Problem):
            ours = catalogue().get(target.name) is target
            found.append(target.name if ours else kept(target, _folder(store)))
        elif callable(target):
            given = [left.pop(0) for _ in range(2) if left and isinstance(left[0], Mapping)]
            if not given:
                raise InputError(
                    f"{who}: a loss is followed by its params: "
                    f"gp.{who}(loss, {{'w': np.ones(3)}}), and by its data, if it has any"
                )
            found.append(kept(problem_of(target, *given), _folder(store)))
        else:
            kind = type(target).__name__
            raise InputError(
                f"{who}: a target is a {kind}, should be a name, a file, a Problem, or a loss "
                "followed by its params"
            )
    return tuple(found)


def problem_of(loss: Callable[..., Any], params: Arrays, data: Arrays | None = None) -> Problem:
    """The problem of a loss(xp, params, data) at one place; its name is that of the function.

    params, data: arrays by name, or what NumPy makes arrays of; floats become float64.
    """
    instance = Instance(_arrays(params), _arrays(data or {}))
    name = re.sub(r"\W+", "-", getattr(loss, "__name__", "loss")).replace("_", "-").strip("-")
    return Problem(
        name=name or "loss",
        loss=loss,
        draw=lambda rng: instance,
        sizes={"tiny": {}},
        source="made in Python",
    )


def kept(problem: Problem, folder: Path = DEFAULT_FOLDER) -> str:
    """The file in which a problem is kept, made if it is not there.

    The same content has the same file. Raises InputError for what cannot be sent.
    """
    with _own_modules():
        try:
            sent = cloudpickle.dumps(problem)
            content = io.BytesIO()
            _Content(content).dump(problem)
        except Exception as error:
            told = " ".join(str(error).split())
            raise InputError(
                f"problem {problem.name!r} cannot be sent to another process: {told}; make within "
                "its functions what they need, or put it into a file: gradparity run my_loss.py"
            ) from error
    digest = hashlib.sha256(content.getvalue()).hexdigest()[:16]
    stem = re.sub(r"[^\w-]+", "-", problem.name)[:60]
    file = folder / f"{stem}-{digest}{MADE}"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(str(file), pickle.dumps({"path": sys.path, "problem": sent}))
    return str(file)


def _flat(target: Target) -> Iterator[Any]:
    if isinstance(target, list | tuple):
        for one in target:
            yield from _flat(one)
    else:
        yield target


def _folder(store: str | Path | None) -> Path:
    """Beside the store's file, where it is one."""
    beside = place(store) if store else None
    return beside.parent / "made" if isinstance(beside, Path) else DEFAULT_FOLDER


def _arrays(given: Mapping[str, Any]) -> Arrays:
    found = {name: np.asarray(x) for name, x in given.items()}
    return {n: x.astype(np.float64) if x.dtype.kind == "f" else x for n, x in found.items()}


class _Content(cloudpickle.Pickler):  # type: ignore[misc]
    """Writes what decides what is computed, and nothing of where and when it was typed.

    Not to be read back: code is without its file, its lines and its order of sets, and a class
    without the number that tells it from others of the session.
    """

    dispatch_table: ClassVar[Any] = ChainMap(
        {CodeType: lambda code: (tuple, (_code(code),))}, cloudpickle.Pickler.dispatch_table
    )

    def reducer_override(self, obj: Any) -> Any:
        """How a function or a class is written."""
        found = super().reducer_override(obj)
        if isinstance(obj, type) and isinstance(found, tuple) and len(found[1]) == 6:
            kind, name, bases, keywords, _, extra = found[1]
            return (found[0], (kind, name, bases, keywords, "", extra), *found[2:])
        return found


def _code(code: CodeType) -> tuple[Any, ...]:
    constants = [
        sorted(map(repr, one)) if isinstance(one, frozenset) else one for one in code.co_consts
    ]
    return (
        *(code.co_name, code.co_flags, code.co_argcount, code.co_kwonlyargcount),
        *(code.co_code, constants, code.co_names, code.co_varnames),
        *(code.co_freevars, code.co_cellvars, code.co_exceptiontable),
    )


@contextmanager
def _own_modules() -> Iterator[None]:
    """Within, the user's own modules are written by value: no worker need find them."""
    installed = tuple(
        str(Path(sysconfig.get_path(name)).resolve())
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    )
    rooms = tuple(str((PACKAGE / room).resolve()) for room in ("problems", "backends", "harness"))
    before = cloudpickle.list_registry_pickle_by_value()
    own = [
        module
        for name, module in list(sys.modules.items())
        if _is_own(name, module, (*installed, *rooms, str(PACKAGE.resolve())))
        and name not in before
    ]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)


def _is_own(name: str, module: ModuleType, elsewhere: tuple[str, ...]) -> bool:
    file = getattr(module, "__file__", None)
    if name == "__main__" or module.__name__ != name or not (file or "").endswith(".py"):
        return False
    return not str(Path(str(file)).resolve()).startswith(elsewhere)
