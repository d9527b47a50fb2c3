"""What came out: the winner with its accuracies, the states of the trials and the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING

from autocnn.interval import wilson
from autocnn.report.objective import Objective
from autocnn.report.outputs import measured

if TYPE_CHECKING:
    import pandas as pd

    from autocnn.store import StudyRecord

STATES = {
    "completed": "trained in full",
    "stopped": "ended early by the stopping rule, patience or the budget",
    "paused": "trained in part; could be continued",
    "running": "in training now",
    "waiting": "not begun",
    "duplicate": "answered from an equal trial",
    "infeasible": "an impossible shape, over a limit or screened out; not trained",
    "failed": "broke off",
}
UNITS = {"time": "seconds", "trials": "trials trained", "epochs": "epochs", "images": "images"}


def state_of(study: StudyRecord) -> str:
    """`running`, `interrupted` or `finished`.

    The last phase writes this report before the search says that it is finished; and a search
    that was killed could not say anything.
    """
    if study.state == "running" and study.phase in ("bundle", "done"):
        return "finished"
    if study.state == "running" and study.holder is None:
        return "interrupted"
    return study.state


@dataclass(frozen=True)
class Result:
    """One number of the header: the winner's value on one split, its interval and its limits."""

    split: str
    metric: str
    value: float
    low: float | None
    high: float | None
    kind: str | None
    images: int
    """Images it was measured on; 0 where that was not recorded."""
    seeds: tuple[int, ...]
    """Seeds of the training runs behind it; none where it is from the search."""


def winner(trials: pd.DataFrame, finals: pd.DataFrame, objective: Objective) -> int | None:
    """The number of the trial whose network is the result, or None before there is one.

    The finals decide: the trial whose network was tested, else the last one that was looked at in
    detail on validation; before them it is the trial with the best value.
    """
    tested = finals[(finals["split"] == "test") & finals["value"].notna()]
    looked_at = finals[[measured(details) is not None for details in finals["details"]]]
    for rows in (tested, looked_at):
        if len(rows):
            return int(rows["trial"].iloc[-1])
    ranked = objective.ranked(trials)
    return int(ranked["number"].iloc[0]) if len(ranked) else None


def results(
    trials: pd.DataFrame,
    finals: pd.DataFrame,
    objective: Objective,
    number: int,
    images: Mapping[str, int],
) -> tuple[Result, ...]:
    """Validation and, where the finals read it, test value of the winner.

    Of several rows the last one with a t-interval counts, else the last one; the objective comes
    beside it where that is another metric. Before the finals the validation value is the trial's
    own, with a Wilson interval where it is a share of images; none where trials were trained on
    less than the whole.
    `images` are the sizes of the splits.
    """
    found = []
    for split in ("validation", "test"):
        rows = finals[(finals["trial"] == number) & (finals["split"] == split)]
        rows = rows[rows["value"].notna()]
        if len(rows):
            over_seeds = rows[rows["interval"] == "t"]
            row = (over_seeds if len(over_seeds) else rows).iloc[-1]
            seeds = rows["seed"] if len(over_seeds) else rows["seed"].tail(1)
            result = Result(
                split,
                str(row["metric"]),
                float(row["value"]),
                _known(row["low"]),
                _known(row["high"]),
                row["interval"] if isinstance(row["interval"], str) else None,
                int(row["details"].get("images", images.get(split, 0))),
                tuple(sorted({int(seed) for seed in seeds})),
            )
            found.append(result)
            other = row["details"].get("objective", {"metric": result.metric})
            if other["metric"] != result.metric:
                found.append(replace(result, **other, low=None, high=None, kind=None))
    if not objective.fidelity and all(result.split != "validation" for result in found):
        trial = trials[trials["number"] == number].iloc[0]
        value, count = float(trial["best_value"]), images.get("validation", 0)
        found.insert(0, _from_search(value, objective, count))
    return tuple(found)


def _from_search(value: float, objective: Objective, images: int) -> Result:
    low = high = kind = None
    if objective.is_proportion and images:
        low, high = wilson(round(value * images), images)
        kind = "wilson"
    return Result("validation", objective.metric, value, low, high, kind, images, ())


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


def networks_of(study: StudyRecord) -> int:
    """How many networks each trial trains: one, or in a cross-validation one for each fold."""
    validation = (study.settings.get("data") or {}).get("validation")
    return int(validation.get("folds", 1)) if isinstance(validation, Mapping) else 1


def budget_used(
    trials: pd.DataFrame,
    progress: pd.DataFrame,
    seconds: float,
    limits: Mapping[str, float | None],
    networks: int = 1,
) -> pd.DataFrame:
    """One row per kind of budget: kind, unit, used, limit (NaN for none), share (of the limit).

    Epochs and images are those of all `networks` that a trial trains together. A trial that failed
    before its first point began, too.
    """
    import pandas as pd

    began = trials[(trials["images"] > 0) | (trials["state"] == "failed")]
    epochs = progress.groupby("trial")["epoch"].max().sum() if len(progress) else 0.0
    used = {
        "time": float(seconds),
        "trials": float(len(began)),
        "epochs": float(epochs) * networks,
        "images": float(began["images"].sum()) * networks,
    }
    frame = pd.DataFrame(
        [
            {"kind": kind, "unit": UNITS[kind], "used": used[kind], "limit": limits.get(kind)}
            for kind in UNITS
        ]
    )
    frame["limit"] = frame["limit"].astype(float)
    return frame.assign(share=frame["used"] / frame["limit"])
