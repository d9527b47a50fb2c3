"""Whether short trainings rank networks as long ones do, and what that says about the rungs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from autocnn.report.fidelity import LEAST, fidelity_frame
from autocnn.report.objective import Objective

if TYPE_CHECKING:
    import pandas as pd

    from autocnn.report.study_frames import StudyFrames

ENOUGH = 0.7
"""A rank correlation from which on a rung is told to be fit for comparing."""


@dataclass(frozen=True, eq=False)
class RungAudit:
    """What a study tells about its rungs.

    `levels` has the columns of `fidelity_frame` for each rung and epoch, over the `complete`
    trials that trained to their end. `noise` is the standard deviation between seeds of the
    finals' trainings of one candidate, of which there are `repeats` more than candidates; None
    without.
    """

    levels: pd.DataFrame
    complete: int
    noise: float | None
    repeats: int
    advice: str

    @classmethod
    def of(cls, frames: StudyFrames) -> RungAudit:
        """Audit a study."""
        objective = Objective.of(frames.study.settings)
        trials = frames.trials
        ended = trials.loc[trials["state"] == "completed", "number"]
        levels = level_frame(frames.decisions, frames.progress, set(ended), objective)
        noise, repeats = seed_noise(frames.finals, objective)
        first = frames.decisions["rung"].min() if len(frames.decisions) else None
        return cls(levels, len(ended), noise, repeats, advice(levels, len(ended), first))

    def to_json(self) -> dict[str, Any]:
        """All of it in plain values."""
        return {
            "levels": self.levels.to_dict("records"),
            "complete": self.complete,
            "noise": self.noise,
            "repeats": self.repeats,
            "advice": self.advice,
        }


def level_frame(
    decisions: pd.DataFrame, progress: pd.DataFrame, complete: set[int], objective: Objective
) -> pd.DataFrame:
    """The rank correlation with the last value at every rung and epoch, over complete trials."""
    import pandas as pd

    points = progress[progress["trial"].isin(complete)]
    epoch = (points["images"] / points["epoch"]).median() if len(points) else 0.0
    last = points.groupby("trial")["images"].max().min() if len(points) else 0
    epochs = (
        {int(number * epoch) for number in range(1, int(last / epoch) + 1)} if epoch else set()
    )
    rungs = {int(rung) for rung in decisions["rung"] if rung <= last}
    return fidelity_frame(pd.DataFrame({"rung": sorted(epochs | rungs)}), points, objective)


def seed_noise(finals: pd.DataFrame, objective: Objective) -> tuple[float | None, int]:
    """The pooled standard deviation between seeds, and over how many repeats."""
    named = finals["metric"].isin([objective.metric, objective.metric.removeprefix("val_")])
    single = finals["value"].notna() & (finals["interval"] != "t")  # else a mean over seeds
    rows = finals[named & (finals["split"] == "validation") & single]
    values = rows.drop_duplicates(["trial", "seed"]).groupby("trial")["value"]
    squares, repeats = 0.0, 0
    for _, group in values:
        squares += float(((group - group.mean()) ** 2).sum())
        repeats += len(group) - 1
    return (sqrt(squares / repeats), repeats) if repeats else (None, 0)


def advice(levels: pd.DataFrame, complete: int, first: float | None) -> str:
    """What the correlations say about the rungs; `first` is the lowest, in images."""
    if not len(levels):
        return (
            f"too little to tell: {complete} trials trained to their end with values on the way, "
            f"{LEAST} are needed; `search.stopping: none` trains all of them so far"
        )
    good = levels[levels["correlation"] >= ENOUGH]
    if not len(good):
        return (
            f"no rung ranks as the end does (correlation {ENOUGH} or more): train longer "
            "before comparing, or more trials to the end to know better"
        )
    number = good["epoch"].iloc[0]
    epochs = f"{number:.3g} {'epoch' if number == 1 else 'epochs'}"
    if first is not None and good["rung"].iloc[0] <= first:
        return f"the first rung, {epochs}, ranks well enough"
    return f"from {epochs} on ranks are as at the end: put the first rung there"
