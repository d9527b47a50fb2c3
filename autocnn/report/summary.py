"""What came out: the winner with its accuracies, the states of the trials and the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from autocnn.report.interval import matrix_of, wilson
from autocnn.report.objective import Objective

if TYPE_CHECKING:
    import pandas as pd

STATES = {
    "completed": "trained in full",
    "stopped": "ended early by the stopping rule, patience or the budget",
    "paused": "may be continued",
    "running": "in training now",
    "waiting": "not begun",
    "duplicate": "answered from an equal trial",
    "infeasible": "an impossible shape or over a limit; not trained",
    "failed": "broke off",
}
UNITS = {"time": "seconds", "trials": "trials trained", "epochs": "epochs", "images": "images"}


@dataclass(frozen=True)
class Result:
    """One number of the header: the winner's value on one split, its interval and its limits."""

    split: str
    value: float
    low: float | None
    high: float | None
    kind: str | None
    images: int
    """Images it was measured on; 0 where that was not recorded."""
    seeds: int
    from_finals: bool


def winner(trials: pd.DataFrame, finals: pd.DataFrame, objective: Objective) -> int | None:
    """The number of the trial whose network is the result, or None before there is one.

    The finals decide: the trial whose network was tested, else the best on validation; before
    them it is the trial with the best value.
    """
    tested = finals[(finals["split"] == "test") & finals["value"].notna()]
    if len(tested):
        return int(tested["trial"].iloc[-1])
    tried = finals[(finals["split"] == "validation") & finals["value"].notna()]
    tried = tried[tried["metric"].isin(objective.names)]
    if len(tried):
        tried = tried.sort_values("value", ascending=not objective.maximize, kind="stable")
        return int(tried["trial"].iloc[0])
    ranked = objective.ranked(trials)
    return int(ranked["number"].iloc[0]) if len(ranked) else None


def results(
    trials: pd.DataFrame,
    finals: pd.DataFrame,
    objective: Objective,
    number: int,
    validation_images: int,
) -> tuple[Result, ...]:
    """Validation and, where the finals read it, test value of the winner.

    Of several rows the last one with a t-interval counts, else the last one. Before the finals
    the validation value is the trial's own, with a Wilson interval where it is an accuracy.
    """
    found = []
    for split in ("validation", "test"):
        rows = finals[(finals["trial"] == number) & (finals["split"] == split)]
        rows = rows[rows["value"].notna() & rows["metric"].isin(objective.names)]
        if len(rows):
            over_seeds = rows[rows["interval"] == "t"]
            row = (over_seeds if len(over_seeds) else rows).iloc[-1]
            matrix = matrix_of(row["details"])
            found.append(
                Result(
                    split,
                    float(row["value"]),
                    _known(row["low"]),
                    _known(row["high"]),
                    row["interval"] if isinstance(row["interval"], str) else None,
                    0 if matrix is None else sum(map(sum, matrix)),
                    int(rows["seed"].nunique()),
                    True,
                )
            )
    if not any(result.split == "validation" for result in found):
        trial = trials[trials["number"] == number].iloc[0]
        found.insert(0, _from_search(float(trial["best_value"]), objective, validation_images))
    return tuple(found)


def _from_search(value: float, objective: Objective, images: int) -> Result:
    if not (objective.is_share and images):
        return Result("validation", value, None, None, None, images, 1, False)
    low, high = wilson(round(value * images), images)
    return Result("validation", value, low, high, "wilson", images, 1, False)


def _known(value: float) -> float | None:
    return None if isnan(value) else float(value)


def state_counts(trials: pd.DataFrame) -> pd.DataFrame:
    """One row per state that occurs, in the order of STATES: state, trials, share, meaning."""
    import pandas as pd

    counts = trials["state"].value_counts()
    lines = [
        {
            "state": state,
            "trials": int(counts[state]),
            "share": counts[state] / len(trials),
            "meaning": words,
        }
        for state, words in STATES.items()
        if state in counts
    ]
    return pd.DataFrame(lines, columns=["state", "trials", "share", "meaning"])


def budget_used(
    trials: pd.DataFrame,
    progress: pd.DataFrame,
    seconds: float,
    limits: Mapping[str, float | None],
) -> pd.DataFrame:
    """One row per kind of budget: kind, unit, used, limit (NaN for none), share (of the limit)."""
    import pandas as pd

    began = trials[trials["images"] > 0]
    epochs = progress.groupby("trial")["epoch"].max().sum() if len(progress) else 0.0
    used = {
        "time": float(seconds),
        "trials": float(len(began)),
        "epochs": float(epochs),
        "images": float(began["images"].sum()),
    }
    frame = pd.DataFrame(
        [
            {"kind": kind, "unit": UNITS[kind], "used": used[kind], "limit": limits.get(kind)}
            for kind in UNITS
        ]
    )
    frame["limit"] = frame["limit"].astype(float)
    return frame.assign(share=frame["used"] / frame["limit"])
