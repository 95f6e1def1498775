"""Which hosts of a cluster are as this machine is: the same Python, versions and source of ours.

A host that is not gets nothing to do. It is asked by source text, evaluated there, so that one with
another gradparity, or none, answers as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradparity.harness.messages.lines import Unreadable, read_record
from gradparity.harness.processes import host as host_module
from gradparity.harness.processes.environment import LIBRARIES

MACHINE, GPU = "machine", "gpu"
"""Resources of Dask workers: a host of one's own, and a GPU."""

ASKED_ABOUT = (*LIBRARIES, "dask", "distributed", "cloudpickle")
SHOWN = 12
"""Letters of a digest that are shown, and hosts of a table."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host, by its own account.

    name: of the machine. cpu: its processor's. boot: see `Identity`. cores: that its worker may
    use. versions: of libraries, None of those that are not there. source: a digest of its
    gradparity's code; None if it has none.
    """

    name: str
    cpu: str
    boot: str | None
    cores: int
    python: str
    versions: dict[str, str | None]
    source: str | None


@dataclass(frozen=True, slots=True)
class HostDifference:
    """What of a host is not as it is here."""

    host: str
    what: str
    here: str
    there: str


def this_host() -> Host:
    """What this machine is."""
    return Host(**host_module.host_facts(ASKED_ABOUT))


def asked_hosts(client: Any, addresses: Sequence[str]) -> dict[str, Host | str]:
    """What the Dask workers at these addresses say of their hosts, or why one says nothing."""
    source = Path(host_module.__file__).read_text()
    text = (
        f"(lambda names: (exec({source!r}, names), names['host_facts']({ASKED_ABOUT!r}))[1])"
        "({'__name__': 'host'})"
    )
    told = client.run(eval, text, workers=list(addresses), on_error="return")
    return {address: _read(answer) for address, answer in told.items()}


def _read(answer: Any) -> Host | str:
    if isinstance(answer, BaseException):
        return f"{type(answer).__name__}: {' '.join(str(answer).split())}"
    try:
        return read_record(Host, "what a host says of itself", answer)
    except Unreadable as error:
        return str(error)


def differences(here: Host, there: Host) -> list[HostDifference]:
    """What of a host is not as it is here; [] where runs there and here are of the same code."""
    pairs: list[tuple[str, str | None, str | None]] = [("Python", here.python, there.python)]
    pairs += [(name, here.versions[name], there.versions.get(name)) for name in here.versions]
    pairs += [("gradparity's source", _short(here.source), _short(there.source))]
    return [
        HostDifference(there.name, what, own or "not installed", other or "not installed")
        for what, own, other in pairs
        if own != other
    ]


def table_of(found: Iterable[HostDifference]) -> str:
    """The differences as lines of a table."""
    rows = [("host", "what", "here", "there")]
    rows += [(one.host, one.what, one.here, one.there) for one in found]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(
        "  ".join([*(text.ljust(w) for text, w in zip(row, widths, strict=False)), row[3]])
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class Sorted:
    """fit: those that may work, by address. unfit: why others may not, a table; "" for none."""

    fit: dict[str, Host]
    unfit: str


def sort_out(here: Host, told: Mapping[str, Host | str]) -> Sorted:
    """Who of those that were asked is as this machine is."""
    fit: dict[str, Host] = {}
    found: dict[HostDifference, None] = {}
    for address, host in told.items():
        if isinstance(host, str):
            found[HostDifference(address, "answer", "", host)] = None
        elif other := differences(here, host):
            found |= dict.fromkeys(other)
        else:
            fit[address] = host
    return Sorted(fit, table_of(found) if found else "")


def _short(digest: str | None) -> str | None:
    return digest and digest[:SHOWN]
