"""How much each choice mattered by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.report.axis import PREFIX, Axis
from autocnn.report.objective import counted

if TYPE_CHECKING:
    import pandas as pd


def effects(trials: pd.DataFrame) -> pd.DataFrame:
    """One row per hole that differs among the trials that count: hole, trials, effect.

    `effect` is the share in [0, 1] of all differences in value that go with this hole: epsilon
    squared (Kelley 1935), which corrects for the number of groups, over the trials that have the
    hole, times their share of the sum of squares. Numbers are grouped into four quantiles.
    Sorted from the strongest.
    """
    import pandas as pd

    known = counted(trials)
    values = known["best_value"].astype(float)
    whole = _squares(values)
    lines = []
    for name in known.columns[known.columns.str.startswith(PREFIX)]:
        column = known[name].dropna()
        if column.nunique() < 2:
            continue
        axis = Axis.of(name.removeprefix(PREFIX), column)
        groups = pd.Series(axis.positions(column), column.index)
        if axis.kind != "categories":
            groups = pd.qcut(groups, 4, labels=False, duplicates="drop")
        used = values[column.index]
        total, spare = _squares(used), len(used) - groups.nunique()
        effect = 0.0
        if spare > 0 and total > 0:
            within = sum(_squares(group) for _, group in used.groupby(groups))
            epsilon = 1 - (within / spare) / (total / (len(used) - 1))
            effect = max(0.0, epsilon) * min(1.0, total / whole)
        lines.append({"hole": axis.hole, "trials": len(column), "effect": effect})
    frame = pd.DataFrame(lines, columns=["hole", "trials", "effect"])
    return frame.sort_values("effect", ascending=False, kind="stable").reset_index(drop=True)


def _squares(values: pd.Series[float]) -> float:
    """The sum of squares around the mean; 0 for equal values though their mean is rounded."""
    return float(((values - values.mean()) ** 2).sum()) if values.nunique() > 1 else 0.0
