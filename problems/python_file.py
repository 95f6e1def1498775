"""A user's Python file, imported under a name of its own."""

from __future__ import annotations

import hashlib
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from gradparity.problems.errors import InputError


def is_file(name: str) -> bool:
    """Whether a name on the command line means a Python file."""
    return name.endswith(".py") or "/" in name


def import_file(file: str) -> ModuleType:
    """The module in a file; the same one when it is asked for again in this process.

    Raises InputError, one line that names the file and where it can the line, if it cannot be read
    or raises on import.
    """
    path = Path(file).resolve()
    if not path.is_file():
        raise InputError(f"{file}: no such file")
    name = "gradparity_file_" + hashlib.sha256(str(path).encode()).hexdigest()[:12]
    if name in sys.modules:  # a class is one of its module: one module, one class
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{file}: not a Python file (its name should end in .py)")
    module = module_from_spec(spec)
    sys.modules[name] = module
    folder = str(path.parent)
    sys.path.insert(0, folder)  # so that the file may import its neighbours
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise InputError(f"{file}{_line_in(error, path)}: {_told(error)}") from error
    finally:
        sys.path.remove(folder)
    return module


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, InputError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line_in(error: BaseException, path: Path) -> str:
    """Where in `path` the error arose, as ", line 3"; the deepest frame counts."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno}"
    line = ""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = f", line {trace.tb_lineno}"
        trace = trace.tb_next
    return line
