"""Files that a user names: what stands there, their text, and writing them whole."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gradparity.problems.errors import InputError, unknown

MOST_BYTES = 2**26
"""Of a file of text that anybody wrote."""

_KINDS = {
    stat.S_IFIFO: "a pipe; name a file",
    stat.S_IFSOCK: "a socket; name a file",
    stat.S_IFCHR: "a device; name a file",
    stat.S_IFBLK: "a device; name a file",
}


def fault(file: str | Path) -> str | None:
    """Why nothing can be read from `file`, in words that follow its name; None if it is a file.

    A pipe is not opened: it would wait for somebody to write.
    """
    try:
        found = os.stat(file)
    except (OSError, ValueError) as error:
        return _absent(file, error)
    if stat.S_ISDIR(found.st_mode):
        return folder_fault(str(file))
    if not stat.S_ISREG(found.st_mode):
        return _KINDS.get(stat.S_IFMT(found.st_mode), "no ordinary file")
    return None if os.access(file, os.R_OK) else "this user may not read it"


def folder_fault(folder: str, most: int = 3) -> str:
    """What to do with the name of a folder where a Python file belongs, in words that follow it."""
    found: list[str] = []
    with suppress(OSError):
        found = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    named = [shlex.quote(os.path.join(folder, name)) for name in found[:most]]
    more = ", ..." * (len(found) > most)
    return "a folder; name a file in it" + (f": {', '.join(named)}{more}" if named else "")


def unknown_target(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The error for what is no known name; of a folder, a pipe or the like, that it is one."""
    if os.path.lexists(name) and (told := fault(name)):
        return InputError(f"{name}: {told}")
    return unknown(kind, name, known)


def _absent(file: str | Path, error: OSError | ValueError) -> str:
    if isinstance(error, ValueError):
        return "no name of a file: it has a null character in it"
    if error.errno == errno.ELOOP:
        return "a symbolic link that leads back to itself"
    if isinstance(error, FileNotFoundError):
        if os.path.islink(file):
            return f"a symbolic link to {os.readlink(file)!r}, which does not exist"
        return str(error.strerror)
    return error.strerror or str(error)


def read_text(file: str | Path, shown: str | None = None) -> str:
    """The text of a file, in UTF-8.

    shown: what messages call it. Raises InputError, one line, for what is no such file.
    """
    name = str(file) if shown is None else shown
    told = fault(file)
    if told is not None:
        raise InputError(f"{name}: {told}")
    try:
        if (size := os.path.getsize(file)) > MOST_BYTES:
            raise InputError(f"{name}: {size:,} bytes; a text has at most {MOST_BYTES:,}")
        return Path(file).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}") from error


def check_writable(file: str) -> None:
    """Raise InputError, one line, if `file` could not be written now; leave it as it is."""
    _opened_to_write(file, remove=True)


def write_bytes(file: str, data: bytes) -> None:
    """Write a file, whole or not at all; a pipe or a device gets the bytes.

    Raises InputError, one line, if that cannot be done; it never waits for a pipe's reader.
    """
    special = os.path.lexists(file) and not os.path.isfile(file)
    descriptor = _opened_to_write(file, remove=False) if special else None
    if descriptor is None:
        _replace(file, data)
        return
    try:
        os.set_blocking(descriptor, True)
        with open(descriptor, "wb") as out:
            out.write(data)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from error


def _opened_to_write(file: str, remove: bool) -> int | None:
    """A descriptor of what stands there; None, and closed, if it is only tried."""
    new = not os.path.lexists(file)
    try:
        # Without waiting: a pipe that nobody reads is refused at once.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o666)
    except ValueError as error:
        raise InputError(f"{file}: {_absent(file, error)}") from error
    except OSError as error:
        raise InputError(f"{file}: {_unwritable(file, error)}") from error
    if not remove:
        return descriptor
    os.close(descriptor)
    if new:
        with suppress(OSError):
            os.unlink(file)
    return None


def _unwritable(file: str, error: OSError) -> str:
    if error.errno == errno.ENXIO:
        return "a pipe or socket that nobody reads; name a file"
    if isinstance(error, IsADirectoryError):
        return "a folder; name a file in it"
    if isinstance(error, FileNotFoundError) and not os.path.islink(file):
        return f"{error.strerror}: there is no folder {os.path.dirname(file)!r}"
    if isinstance(error, FileNotFoundError) or error.errno == errno.ELOOP:
        return _absent(file, error)
    return error.strerror or str(error)


def _replace(file: str, data: bytes) -> None:
    """Put a file in the place of another at once, so that a full disk leaves the old one."""
    check_writable(file)
    place = os.path.realpath(file)
    temporary = ""
    try:
        mode = os.stat(place).st_mode if os.path.exists(place) else 0o666 & ~_umask()
        descriptor, temporary = tempfile.mkstemp(".part", ".gradparity-", os.path.dirname(place))
        with open(descriptor, "wb") as out:
            out.write(data)
        os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, place)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise InputError(f"{file}: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
