"""What a served page shows of a store: the list of its runs, and a report of each, as of now."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from gradparity.problems import InputError
from gradparity.results.records.record import Run
from gradparity.results.store.looking import look
from gradparity.results.store.store import Store, open_store

KEPT = 8
"""So many reports are kept, of some megabytes each."""

LOOK_S = 1.0
"""The store is looked at once in so long, however many pages ask."""

SHARE = 4.0
"""A report that took a second of the processor is shown for so many, though more has come."""


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page's text with `NONCE` where the policy's goes, and what of the store it shows."""

    text: str
    state: str


class Reports:
    """Pages of one store; every method may be called by any thread, and raises StoreError.

    where: the store, as `open_store` takes it; it is only read.
    """

    def __init__(self, where: str | None) -> None:
        self._where = where
        self._making = threading.Lock()
        self._looking = threading.Lock()
        self._looked: dict[str, tuple[float, str]] = {}
        self._kept: OrderedDict[str, tuple[ServedPage, float]] = OrderedDict()

    def state(self, run_id: str = "") -> str:
        """What a page of a run, or the list of all (""), would show now; one text for one content.

        Of a report that is still shown, though more has come, that which it shows.
        """
        kept = self._kept.get(run_id)
        if kept is not None and time.monotonic() < kept[1]:
            return kept[0].state
        with self._looking:
            when, state = self._looked.get(run_id, (0.0, ""))
            if time.monotonic() - when > LOOK_S or not state:
                with self._open() as store:
                    state = look(store, run_id)
                if len(self._looked) > 100 * KEPT:
                    self._looked.clear()
                self._looked[run_id] = (time.monotonic(), state)
        return state

    def list(self) -> ServedPage:
        """The list of runs, newest first."""
        return self._shown("", _list)

    def report(self, run_id: str) -> ServedPage:
        """The report of the run with this id. Raises StoreError for an unknown one."""
        return self._shown(run_id, lambda store: _report(store, run_id))

    def _shown(self, run_id: str, make: Callable[[Store], str]) -> ServedPage:
        with self._making:  # one at a time: it takes a core
            state = self.state(run_id)
            kept = self._kept.get(run_id)
            if kept is not None and kept[0].state == state:
                self._kept.move_to_end(run_id)
                return kept[0]
            start = time.thread_time()
            with self._open() as store:
                shown = ServedPage(make(store), state)
            spent = time.thread_time() - start
            self._kept[run_id] = (shown, time.monotonic() + SHARE * spent)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return shown

    def _open(self) -> Store:
        return open_store(self._where, read_only=True)


def _list(store: Store) -> str:
    from gradparity.results.pages.bundle import still_page
    from gradparity.results.pages.rendering import rendered

    return still_page(
        "gradparity: runs", rendered("runs.html.j2", where=store.where, runs=store.runs()), "NONCE"
    )


def _report(store: Store, run_id: str) -> str:
    from gradparity.harness.report.material.material import gathered
    from gradparity.harness.report.page import report_page
    from gradparity.results.pages.bundle import still_page
    from gradparity.results.pages.rendering import rendered

    run: Run = store.find(run_id)
    try:
        material = gathered(store, [run.id])
    except InputError:  # nothing is finished yet
        return still_page(
            f"gradparity: run {run.id}", rendered("waiting.html.j2", run=run), "NONCE"
        )
    return report_page(False, material, False, nonce="NONCE")
