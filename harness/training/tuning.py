"""Tuning: which of the trials is raced, of each optimiser on each problem.

Trials start from seeds of their own: what was chosen for being best on some starts would look
better there than it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradparity.results.races.contenders import outcome, rank
from gradparity.results.races.tuning import FIRST_SEED, is_trial
from gradparity.results.records.descent import Descent

Who = tuple[str, str, str, str, str]
"""(problem, size, dtype, backend, optimizer): each is tuned by itself."""


def trial_seeds(count: int) -> tuple[int, ...]:
    """The seeds of trials, apart from those of the race."""
    return tuple(range(FIRST_SEED, FIRST_SEED + count))


def who(descent: Descent) -> Who:
    """Whom the tuning of a descent is for."""
    return (*(descent.problem, descent.size, descent.dtype), *(descent.backend, descent.optimizer))


def winners(descents: Iterable[Descent]) -> dict[Who, tuple[float | None, dict[str, Any]]]:
    """The rate and the options of the best trial of each, by `rank`; the first of equals.

    Where no trial came to anything, the first stands for all.
    """
    tried: dict[Who, dict[str, list[Descent]]] = {}
    for descent in descents:
        if is_trial(descent):
            setting = json.dumps([descent.rate, descent.options], sort_keys=True)
            tried.setdefault(who(descent), {}).setdefault(setting, []).append(descent)
    found = {}
    for entrant, settings in tried.items():
        first = _best(settings)[0]
        found[entrant] = (first.rate, dict(first.options))
    return found


def _best(settings: Mapping[str, Sequence[Descent]]) -> Sequence[Descent]:
    ended = [made for made in settings.values() if not any(outcome(d) != outcome(d) for d in made)]
    return min(ended, key=rank) if ended else next(iter(settings.values()))
