"""How much of what several objectives span the best trials so far dominate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocnn.report.objective import Objective, counted
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LIGHT, figure

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import plotly.graph_objects as go
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

LEAST_COST = 1e-3
"""Costs are compared by their logarithm, that of no cost being this one's."""


def hypervolume(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """The hypervolume over the trials of a study; None where it has one objective."""
    wanted = directions(frames.study.settings)
    if len(wanted) < 2:
        return None
    frame = hypervolume_frame(score_frame(frames.trials, frames.progress, wanted))
    return hypervolume_figure(frame) if len(frame) else None


def directions(settings: Mapping[str, Any]) -> dict[str, bool]:
    """Objective -> whether more of it is better, in the order of a study's settings."""
    given = (settings.get("objectives") or {}).items()
    return {name: word == "maximize" for name, word in given if word}


def score_frame(
    trials: pd.DataFrame, progress: pd.DataFrame, wanted: Mapping[str, bool]
) -> pd.DataFrame:
    """One row per trial with a value for each objective at its best point, by number.

    The columns are number and the objectives, higher being better in each, costs by their
    logarithm.
    """
    import numpy as np

    place = ["number", "best_images"]
    costs, metrics = ([name for name in wanted if name in part] for part in (trials, progress))
    known = counted(trials).dropna(subset="best_images").astype({"best_images": "int64"})
    points = progress.rename(columns={"trial": "number", "images": "best_images"})
    both = known[place + costs].merge(points[place + metrics], on=place)
    both[costs] = np.log(both[costs].astype(float).clip(lower=LEAST_COST))
    scores = both.reindex(columns=["number", *wanted])
    scores[[*wanted]] *= [1.0 if maximize else -1.0 for maximize in wanted.values()]
    return scores.dropna().sort_values("number", ignore_index=True)


def hypervolume_frame(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per trial: number, volume, front (trials that none dominates so far).

    The volume is the share in [0, 1] of the box between the worst and the best of each objective
    that the trials so far dominate (Zitzler and Thiele, IEEE Transactions on Evolutionary
    Computation 3, 1999).
    """
    import numpy as np
    import pandas as pd

    points = scores.drop(columns="number").to_numpy(float)
    if len(points):
        low, high = points.min(0), points.max(0)
        points = (points - low) / np.where(high > low, high - low, 1.0)
    front, volume, rows = points[:0], 0.0, []
    for number, point in zip(scores["number"], points, strict=True):
        if not (front >= point).all(1).any():
            volume += float(point.prod()) - dominated(np.minimum(front, point))
            front = np.vstack([front[~(front <= point).all(1)], point])
        rows.append((number, volume, len(front)))
    return pd.DataFrame(rows, columns=["number", "volume", "front"])


def dominated(points: Points) -> float:
    """The volume between the origin and points (N, M), none of them below it.

    Each point adds what those after it do not dominate, which is a smaller problem of the same
    kind (While, Bradstreet and Barone, IEEE Transactions on Evolutionary Computation 16, 2012).
    """
    import numpy as np

    left = points[np.lexsort(points.T[::-1])[::-1]]
    volume = 0.0
    while len(left):
        point, left = left[0], left[1:]
        left = left[~(left <= point).all(1)]
        volume += float(point.prod()) - dominated(np.minimum(left, point))
    return volume


def hypervolume_figure(frame: pd.DataFrame) -> go.Figure:
    """The volume over the trials, as a step line that keeps where it grew."""
    import plotly.graph_objects as go

    last = frame.index == frame.index[-1]
    steps = frame[frame["volume"].ne(frame["volume"].shift()) | last]
    return figure(
        go.Scatter(
            x=steps["number"].tolist(),
            y=steps["volume"].tolist(),
            customdata=steps["front"].tolist(),
            mode="lines+markers",
            line={"shape": "hv", "color": LIGHT["best"], "width": 2.5},
            marker={"size": 5},
            hovertemplate="trial %{x}<br>%{y:.1%} of the box"
            "<br>%{customdata} trials on the front<extra></extra>",
        ),
        height=300,
        xaxis={"title": {"text": "trial"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "hypervolume"}, "tickformat": ".0%", "range": [-0.02, 1.02]},
    )
