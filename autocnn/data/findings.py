"""What an audit finds in the decoded images, by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocnn.data.arrange import SHOWN, TEST, TRAIN, VALIDATION, Arrangement
from autocnn.data.audit_report import Suspect
from autocnn.data.cleaned import write_cleaned
from autocnn.data.items import BadImage, Listing
from autocnn.data.near_duplicates import Pair, near_duplicates
from autocnn.data.raw import Decoded
from autocnn.data.sheet import Shown, sheet
from autocnn.errors import Problem

EXAMPLES = 12
"""Pictures of each class on a sheet."""
MOST_SHOWN = 60
"""Pictures of each kind of finding on a sheet."""


class Findings:
    """Bad, equal, contradicting and near images of a table whose parts are not settled yet."""

    def __init__(
        self,
        listing: Listing,
        table: Arrangement,
        bad: Mapping[int, BadImage],
        decoded: Decoded,
    ):
        self.listing, self.table, self.bad = listing, table, bad
        self._decoded = decoded
        self._roles = table.roles.copy()
        self._conflicting = table.conflicting()
        self.near: list[Pair] = []
        self.suspects: dict[str, Suspect] = {}
        self.problems: list[Problem] = []
        good = table.same >= 0
        held = table.same[np.isin(self._roles, (VALIDATION, TEST)) & good]
        self._leaks = (self._roles == TRAIN) & np.isin(table.same, held)
        self.copies = int(good.sum()) - len(np.unique(table.same[good]))
        self.equal = _equal(table.same)

    @property
    def leaks(self) -> int:
        """Training images that are also in a part of the source that is held out."""
        return int(self._leaks.sum())

    @property
    def conflicts(self) -> int:
        """Images that occur under more than one class."""
        return int(self._conflicting.sum())

    @property
    def near_leaks(self) -> int:
        """Near duplicates of which one is in the source's training part and one is not."""
        return sum(
            (self._roles[pair.first] == TRAIN) != (self._roles[pair.second] == TRAIN)
            for pair in self.near
        )

    def compare(self) -> None:
        """Look for near duplicates among the images of different pixels."""
        same = self.table.same
        _, first = np.unique(same, return_index=True)
        self.near = near_duplicates(self._decoded, np.sort(first[same[first] >= 0]))

    def dropped(self) -> dict[int, str]:
        """The rows that a cleaned list leaves out, with the reason.

        Of equal images one stays, that of the test or else of the validation part if there is one.
        """
        reasons = dict.fromkeys(self.bad, "unreadable")
        for rows in self.equal:
            kept = max(rows, key=lambda row: (self._roles[row] in (VALIDATION, TEST),
                                              self._roles[row] == TEST, -row))  # fmt: skip
            reasons |= {row: "copy" for row in rows if row != kept}
        reasons |= {int(row): "two labels" for row in np.flatnonzero(self._conflicting)}
        names = {name: row for row, name in enumerate(self.table.names)}
        reasons |= {names[name]: "suspect" for name in self.suspects if name in names}
        return reasons

    def write_cleaned(self, file: Path) -> Path:
        """Write the table of what is left; returns the root of its paths."""
        root, unnamed = write_cleaned(file, self.listing, self.table.task, self.dropped())
        if unnamed:
            shown = ", ".join(unnamed[:SHOWN])
            self.table.notes.append(f"a table cannot name {len(unnamed)} images: {shown}")
        return root

    def sheet(self, source: str) -> str:
        """The page of pictures."""
        return sheet(source, self._sections(), lambda row: self._decoded(np.array([row]))[0])

    def _sections(self) -> Iterator[Shown]:
        names, good = self.table.names, self.table.same >= 0
        labels, kinds = self.table.task.strata(self.table.labels, self.table.classes)
        for label, name in enumerate(kinds):
            rows = np.flatnonzero((labels == label) & good)
            if not len(rows) and name not in self.table.classes:
                continue
            some = rows[np.linspace(0, len(rows) - 1, min(EXAMPLES, len(rows))).astype(int)]
            yield Shown(name, f"{len(rows):,} images", [(int(row), names[row]) for row in some])
        if self.suspects:
            number = {name: row for row, name in enumerate(names)}
            shown = [
                (number[name], f"{found.given}, or {found.likely}? {name}")
                for name, found in self.suspects.items()
                if name in number
            ]
            remark = f"{len(shown):,} images whose class predictions contradict"
            yield Shown("Doubtful labels", remark, shown[:MOST_SHOWN])
        if self._conflicting.any():
            rows = np.flatnonzero(self._conflicting)
            shown = [(row, f"{self.table.label(row)}: {names[row]}") for row in rows.tolist()]
            shown.sort(key=lambda picture: self.table.same[picture[0]])
            remark = f"{len(shown):,} images"
            title = f"Equal images under different {self.table.task.thing[1]}"
            yield Shown(title, remark, shown[:MOST_SHOWN])
        if self.equal:
            shown = [(row, names[row]) for rows in self.equal for row in rows]
            yield Shown("Equal images", f"{self.copies:,} copies", shown[:MOST_SHOWN])
        if self.near:
            shown = [
                (row, f"{self.table.label(row)}: {names[row]}")
                for pair in self.near
                for row in (pair.first, pair.second)
            ]
            yield Shown("Near duplicates", f"{len(self.near):,} pairs", shown[:MOST_SHOWN])


def _equal(same: NDArray[np.int64]) -> list[list[int]]:
    """Rows of equal pixels, where there are several."""
    order = np.argsort(same, kind="stable")
    order = order[same[order] >= 0]
    starts = np.flatnonzero(np.diff(same[order], prepend=-1))
    return [rows.tolist() for rows in np.split(order, starts[1:]) if len(rows) > 1]
