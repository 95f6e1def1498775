"""Rows of a run of times that share a setting: what a view shows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradparity.harness.report.material.material import Material, TimedRun
from gradparity.harness.report.material.stored_view import options, selection
from gradparity.harness.views.controls import Selection
from gradparity.results.records.record import Cell
from gradparity.results.records.statuses import WRONG
from gradparity.results.tables.columns import Group
from gradparity.results.words import wording


@dataclass(frozen=True, slots=True, eq=False)
class AskedSetting:
    """One run's groups and cells of one operator and setting.

    option: its value in a control, and its words.
    """

    option: tuple[str, str]
    of: TimedRun
    name: str
    groups: Sequence[Group]
    cells: Sequence[Cell]

    @property
    def labels(self) -> list[str]:
        """Who answered, in the order of the cells."""
        return list(dict.fromkeys(cell.label for cell in self.cells))


def settings(material: Material) -> list[AskedSetting]:
    """Return the settings of all runs of times."""
    found = []
    several = len(material.timed) > 1
    for of in material.timed:
        for name in dict.fromkeys(group.setting for group in of.groups):
            cells = [cell for cell in of.cells if cell.setting == name]
            groups = [group for group in of.groups if group.setting == name]
            found.append((of, name, groups, cells))
    names = [f"{of.run.id}: {name}" if several else name for of, name, *_ in found]
    return [AskedSetting(option, *one) for option, one in zip(options(names), found, strict=True)]


def foremost(found: Sequence[AskedSetting]) -> AskedSetting:
    """Return what a reader should see first: the setting with most wrong answers, or gradients."""

    def order(one: AskedSetting) -> tuple[int, bool]:
        wrong = sum(cell.status in WRONG for cell in one.cells)
        return wrong, one.cells[0].operator == "gradient"

    return max(found, key=order)


def setting_control(found: Sequence[AskedSetting]) -> Selection:
    """Return the control that chooses among them."""
    each = [one.option for one in found]
    return selection("setting", "What was asked", each, foremost(found).option[0])


def said(status: str) -> str:
    """Return a status as a report has it: a wrong gradient is "FAIL: formula"."""
    return f"FAIL: {status}" if status in WRONG else wording.status(status)
