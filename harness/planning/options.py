"""What may be chosen for a run, and what of it makes no sense."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.backends import DEVICES, DTYPES, LOW_DTYPES, OPERATORS
from gradparity.harness.processes.environment import allowed_cores
from gradparity.problems import InputError
from gradparity.problems.errors import in_range, unknown

LONGEST_S = 604_800
"""A week."""
LEAST_GIB, MOST_GIB = 0.001, 1_000_000
MOST_CORES = 100_000
LARGEST_SEED = 2**63 - 1
"""What a database's largest whole number holds."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may be chosen for a run; empty means what the suite says, or all.

    threads: cores that a backend may use. timeout_s: seconds for any one step of a worker.
    memory_gib: a worker's limit, None for the machine's memory. processes: of every subject.
    rounds: samples of every subject, at least; there are more, for at most extra_s seconds a
    workload, until every ratio is known to `precision`, the half-width of its interval. counters:
    whether operations and the like are counted, which prepares everything once more. strict:
    whether what loses digits counts as wrong, and has no time.
    """

    backends: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    device: str = "cpu"
    threads: int = 1
    reference: str | None = None
    processes: int = 2
    rounds: int = 10
    precision: float = 0.02
    extra_s: float = 0.25
    counters: bool = False
    timeout_s: float = 60.0
    memory_gib: float | None = None
    seed: int = 0
    strict: bool = False


def check(options: Options) -> None:
    """Raise InputError, one line, for names that do not exist and numbers out of range."""
    for kind, names, known in (
        ("operator", options.operators, OPERATORS),
        ("dtype", options.dtypes, (*DTYPES, *LOW_DTYPES)),
        ("device", (options.device,), DEVICES),
    ):
        for name in names:
            if name not in known:
                raise unknown(kind, name, known)
    for name, number, most in (
        ("threads", options.threads, MOST_CORES),
        ("rounds", options.rounds, 1_000_000),
        ("processes", options.processes, 100),
    ):
        in_range(name, number, 1, most, whole=True)
    in_range("precision", options.precision, 0, 10)
    in_range("extra", options.extra_s, 0, LONGEST_S)
    in_range("seed", options.seed, 0, LARGEST_SEED, whole=True)
    check_limits(options.timeout_s, options.memory_gib)
    cores = len(allowed_cores())
    if options.threads > cores:
        raise InputError(f"threads is {options.threads}; this process may use {cores} cores")


def check_limits(timeout_s: float, memory_gib: float | None) -> None:
    """Raise InputError for limits that no worker can be given."""
    in_range("timeout", timeout_s, 1, LONGEST_S)
    if memory_gib is not None:
        in_range("memory", memory_gib, LEAST_GIB, MOST_GIB, " GiB")
