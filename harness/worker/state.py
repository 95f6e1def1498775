"""What this process is, looked at before every cell: what a cell has changed is not the next one's.

The law: a cell finds the worker as the first cell did. Where it does not, it is refused, and the
parent asks a fresh process (`processes/process.py`). What the import of a user's file changes (its
seeds, its settings) belongs to that file: its cells find the worker as it was after the import,
those of other files must find it as it was before.

A look takes about a millisecond. It does not see everything: memory that was written to behind
Python's back, or the inside of what a name is bound to. What that makes fail is asked again of a
fresh process all the same.
"""

from __future__ import annotations

import _thread
import gc
import locale
import os
import random
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import psutil

from gradparity.harness.surroundings.arithmetic import arithmetic
from gradparity.harness.worker.bindings import bindings, rebound
from gradparity.problems.python_file import import_file, is_file

MEMORY_SHARE = 0.25
"""Of the machine's memory, or of what this process may use: so much more is not handed on."""

OPEN_FILES = 64
"""Files more than before, after which the next is not trusted to open its own."""

TORCH_SETS = "TORCHINDUCTOR_"
"""The beginning of variables that torch sets for itself when a part of it is first used."""


class Spoiled(Exception):
    """This process is not what it was; the text says in what."""


class WorkerState:
    """What this process was before the first cell, and what it should be before the next.

    files: the users' files whose import `_expected` contains.
    """

    def __init__(self) -> None:
        self._first: Look | None = None
        self._expected: Look | None = None
        self._files: tuple[str, ...] = ()

    def require_unspoiled(self, *names: str | None) -> None:
        """Raise Spoiled if a cell has changed what the next one would find.

        names: of what the next one uses; those of files are imported here.
        """
        files = tuple(name for name in names if name is not None and is_file(name))
        if self._first is None or self._expected is None:
            self._first = self._expected = Look()
        try:
            changed = (self._expected if files == self._files else self._first).changed()
        except Exception as error:  # such as of `open`, which a loss has patched
            changed = f"what looking at it needs ({type(error).__name__})"
        if changed is not None:
            raise Spoiled(changed)
        if files != self._files:
            for file in files:
                with suppress(Exception):  # it fails again where its problem is looked for
                    import_file(file)
            self._files = files
        self._expected = Look()


class Look:
    """What is to be seen of this process at one moment."""

    def __init__(self) -> None:
        self.aspects = {name: _seen(look) for name, look in ASPECTS.items()}
        self.bindings = bindings()
        self.memory = psutil.Process().memory_info().rss
        self.files = _open_files()

    def changed(self) -> str | None:
        """What is no longer as it was here; None if all is."""
        for name, look in ASPECTS.items():
            if _seen(look) != self.aspects[name]:
                return name
        most = min(
            psutil.virtual_memory().total, resource.getrlimit(resource.RLIMIT_DATA)[0] % 2**63
        )
        if psutil.Process().memory_info().rss - self.memory > MEMORY_SHARE * most:
            return "memory"
        if _open_files() - self.files > OPEN_FILES:
            return "open files"
        return rebound(self.bindings)


def _seen(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except Exception as error:
        return type(error)


def _open_files() -> int:
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        return OPEN_FILES * 2**10  # there is not even one left to look with


def _descriptors() -> Any:
    """What 0, 1 and 2 lead to."""
    return [(found.st_dev, found.st_ino) for found in map(os.fstat, range(3))]


def _limits() -> Any:
    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}


def _signals() -> Any:
    """Handlers, what is blocked, and whether an alarm is set."""
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    timers = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    alarms = [signal.getitimer(timer) != (0.0, 0.0) for timer in timers]
    return handlers, signal.pthread_sigmask(signal.SIG_BLOCK, ()), alarms


def _folder() -> Any:
    mask = os.umask(0o077)
    os.umask(mask)
    root = os.stat("/")
    return os.getcwd(), mask, (root.st_dev, root.st_ino)


def _user() -> Any:
    return os.getresuid(), os.getresgid(), os.getgroups()


def _environment() -> Any:
    return {key: x for key, x in os.environ.items() if not key.startswith(TORCH_SETS)}


def _interpreter() -> Any:
    streams = [(x, getattr(x, "closed", None)) for x in (sys.stdin, sys.stdout, sys.stderr)]
    hooks = (sys.excepthook, sys.displayhook, sys.unraisablehook, sys.gettrace(), sys.getprofile())
    counts = (sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits())
    strict = [x for x in warnings.filters if x[0] == "error"]
    return (list(sys.path), streams, hooks, counts, strict, sys.modules is _MODULES)


def _children() -> bool:
    """Whether there is a child process, living or dead."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _random_numbers() -> Any:
    state = np.random.get_state(legacy=False)  # noqa: NPY002 (what a user's code may draw from)
    numpys = [x.tobytes() if isinstance(x, np.ndarray) else x for x in state["state"].values()]
    torch = sys.modules.get("torch")
    torchs = b"" if torch is None else torch.get_rng_state().numpy().tobytes()
    return random.getstate(), numpys, state["has_gauss"], torchs


def _torch() -> Any:
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    asked = (
        *("get_default_dtype", "get_num_threads", "get_num_interop_threads", "is_grad_enabled"),
        *("is_inference_mode_enabled", "are_deterministic_algorithms_enabled"),
        *("get_default_device", "is_anomaly_enabled", "get_float32_matmul_precision"),
    )
    switches = (torch.is_autocast_enabled("cpu"), torch.backends.mkldnn.enabled)
    return [getattr(torch, name)() for name in asked], switches


def _jax() -> Any:
    jax = sys.modules.get("jax")
    return None if jax is None else dict(jax.config.values)


_MODULES = sys.modules

ASPECTS: dict[str, Callable[[], Any]] = {
    "descriptors": _descriptors,
    "limits": _limits,
    "signals": _signals,
    "working folder": _folder,
    "environment": _environment,
    "locale": lambda: locale.setlocale(locale.LC_ALL),
    "priority": lambda: (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)),
    "user": _user,
    "interpreter": _interpreter,
    "garbage collector": lambda: (gc.isenabled(), gc.get_threshold(), list(gc.callbacks)),
    "threads": _thread._count,
    "child processes": _children,
    "random numbers": _random_numbers,
    "NumPy's errors": lambda: (np.geterr(), np.geterrcall(), np.getbufsize()),
    "arithmetic": arithmetic,
    "torch's settings": _torch,
    "JAX's settings": _jax,
}
"""What is looked at, by the name that a message calls it by."""
