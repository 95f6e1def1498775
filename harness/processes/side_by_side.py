"""Where items are done: by crews side by side on this machine, or elsewhere.

Who has items asks a `WorkPlace` and does not know which it is. A `Recipe` says how a crew is hired,
wherever that is: here (`Here`), or on a host of a cluster (`harness/cluster/`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import Generic, Protocol, TypeVar

from gradparity.harness.processes.interruption import held, let_in
from gradparity.harness.processes.tree import OWN_TREE, Tree

Item = TypeVar("Item")
Made = TypeVar("Made")
Taken = TypeVar("Taken", contravariant=True)
Given = TypeVar("Given", covariant=True)


class Stopped(Exception):
    """All was called off while this item was under way."""


class OneByOne(Protocol[Taken, Given]):
    """Who does one item at a time."""

    def run(self, item: Taken, /) -> Given:
        """Do an item. Raises Stopped."""
        ...

    def kill(self) -> None:
        """End the processes from another thread; `run` then raises Stopped."""
        ...

    def end(self) -> None:
        """End every process, at the end of all."""
        ...


@dataclass(frozen=True, slots=True)
class Workbench:
    """Where a crew works.

    cores: its own. folder: for files on their way. stop: set when all is called off. step: hears
    what is being done. tree: whose code its workers run, and where. heard: whether what a user's
    code prints goes to our standard error. machine: its name, where that is not this one.
    """

    cores: tuple[int, ...]
    folder: Path
    stop: Event
    step: Callable[[str], None]
    tree: Tree = OWN_TREE
    heard: bool = True
    machine: str | None = None


class Recipe(Protocol[Taken, Given]):
    """How a crew is hired. It may travel to another host, so it holds records alone."""

    @property
    def alone(self) -> bool:
        """Whether its items are timed: one at a time on a machine, and nothing of ours beside."""
        ...

    @property
    def gpu(self) -> bool:
        """Whether an item needs a GPU."""
        ...

    def hire(self, bench: Workbench) -> OneByOne[Taken, Given]:
        """Return a crew that works at this bench. Raises InputError where nothing can be done."""
        ...

    def lost(self, item: Taken, why: str, /) -> Given:
        """Return what becomes of an item whose hosts were lost."""
        ...


class WorkPlace(Protocol[Item, Given]):
    """Where items are done."""

    def work(self, items: Sequence[Item], finish: Callable[[Item, Given], None]) -> str:
        """Have all items done; return the status to end with, "finished" or "interrupted".

        finish(item, made): what becomes of it; called by one at a time, without interrupts.
        """
        ...


@dataclass(frozen=True, slots=True)
class Here(Generic[Item, Made]):
    """This machine: crews that were hired, and what calls them off."""

    crews: Sequence[OneByOne[Item, Made]]
    stop: Event

    def work(self, items: Sequence[Item], finish: Callable[[Item, Made], None]) -> str:
        """Have all items done; see `WorkPlace`."""
        return side_by_side(items, self.crews, self.stop, finish)


def side_by_side(
    items: Iterable[Item],
    crews: Sequence[OneByOne[Item, Made]],
    stop: Event,
    finish: Callable[[Item, Made], None],
) -> str:
    """Have all items done; see `WorkPlace`.

    stop: set when all is called off, which `run` of a crew has to look at. One crew runs right
    here, several in threads that wait for their worker processes.
    """
    waiting = SimpleQueue[Item]()
    for item in items:
        waiting.put(item)
    one_at_a_time = Lock()
    ended = [Event() for _ in crews]

    def drive(crew: OneByOne[Item, Made], end: Event) -> None:
        try:
            while not stop.is_set():
                item = waiting.get_nowait()
                made = crew.run(item)
                with one_at_a_time, held():
                    finish(item, made)
        except (Empty, Stopped):
            return
        except BaseException:
            stop.set()  # the others need not go on
            raise
        finally:
            end.set()

    try:
        with let_in():
            if len(crews) == 1:
                drive(crews[0], ended[0])
            else:
                _in_threads(drive, list(zip(crews, ended, strict=True)))
    except BaseException as error:
        stop.set()
        for crew, end in zip(crews, ended, strict=True):
            crew.kill()
            end.wait(10.0)
        if isinstance(error, KeyboardInterrupt):
            return "interrupted"
        raise
    return "finished"


def _in_threads(drive: Callable[..., None], each: Sequence[tuple[object, Event]]) -> None:
    """Drive every crew in a thread of its own; raises what the first of them raises."""
    threads = ThreadPoolExecutor(len(each))
    try:
        driven = [threads.submit(drive, crew, end) for crew, end in each]
        for one in wait(driven, return_when=FIRST_EXCEPTION).done:
            one.result()
    finally:
        threads.shutdown(wait=False)  # who was interrupted ends the crews, and so the threads
