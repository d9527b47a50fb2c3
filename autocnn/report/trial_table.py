"""The trials of a study as a table, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.report.objective import Objective

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "number",
    "state",
    "reason",
    "value",
    "best_epoch",
    "last_value",
    "last_epoch",
    "params",
    "macs",
    "seconds",
    "parent",
)


def trial_table(
    trials: pd.DataFrame, progress: pd.DataFrame, objective: Objective
) -> pd.DataFrame:
    """One row per trial, the best first and those without a value last, in COLUMNS.

    `best_epoch` is where `value` was reached, `last_epoch` how far the trial was trained.
    """
    ranked = objective.ranked(trials)
    rest = trials[~trials["number"].isin(ranked["number"])].sort_values("number")
    ordered = trials.loc[[*ranked.index, *rest.index]]
    last = progress.groupby("trial")["epoch"].max()
    found = ordered.assign(value=ordered["best_value"], last_epoch=ordered["number"].map(last))
    return found[list(COLUMNS)].reset_index(drop=True)
