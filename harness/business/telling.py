"""The whole of `optimize`, from words to what is printed; a user's code has a worker do it."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

from gradparity.harness.business.market import market
from gradparity.harness.business.output import write
from gradparity.harness.business.recommend import judged, recommend
from gradparity.harness.business.way_picture import draw_way
from gradparity.harness.judging.cross_check import Disagreement
from gradparity.harness.messages.users_code import Recommend, Recommended
from gradparity.results.records.statuses import WRONG, ExitCode
from gradparity.results.words.display import ASCII_ERRORS

APART = 1e-6
"""Relative: a closed form further away than this contradicts what was found."""


def recommended(request: Recommend) -> Recommended:
    """What to charge and to spend, as text. Raises InputError, one line, for a user's mistake."""
    asked = market(request.words, request.limits, request.currency, request.above_cost)
    try:
        check = judged(asked, request.backend)
    except Disagreement as error:
        return Recommended("", (), (str(error),), ExitCode.UNFINISHED)
    if check.finding.status in WRONG:
        refused = f"{check.line()}; nothing is recommended with it"
        return Recommended("", (), (refused,), ExitCode.WRONG)
    found = recommend(asked, request.backend, check)
    screen = _Page(io.BytesIO(), request.encoding, ASCII_ERRORS, newline="")
    screen.terminal = request.columns is not None
    with redirect_stdout(screen):
        write(found, request.form, request.steps)
    screen.flush()
    pictures = draw_way(found, request.plots) if request.plots is not None else []
    doubts = []
    if found.apart > APART:
        doubts.append(f"the closed form is {found.apart:.1e} away: do not rely on this")
    if not found.search.converged:
        doubts.append("the search did not converge: do not rely on this")
    code = ExitCode.UNFINISHED if doubts else ExitCode.GOOD
    out = screen.buffer.getvalue().decode(request.encoding)
    return Recommended(out, tuple(map(str, pictures)), tuple(doubts[:1]), code)


class _Page(io.TextIOWrapper):
    """A page in memory that looks like the terminal for which it is written."""

    buffer: io.BytesIO
    terminal = False

    def isatty(self) -> bool:
        return self.terminal
