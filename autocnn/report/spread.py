"""The best so far over several runs of one search with different seeds: mean and spread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from autocnn.report.objective import Objective
from autocnn.report.theme import LIGHT

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from autocnn.store import StudyRecord

PLACES = 200
"""Places at which the runs are compared."""


def siblings(studies: Iterable[StudyRecord], study: StudyRecord) -> list[StudyRecord]:
    """Those of other studies with the same space and data, which differ in their seed alone."""
    return [
        other
        for other in studies
        if other.id != study.id
        and other.seed != study.seed
        and other.data_fingerprint == study.data_fingerprint
        and _without_seed(other.identity) == _without_seed(study.identity)
    ]


def seeds_text(count: int) -> str:
    """One more sentence for a figure with the spread over so many other seeds; none for none."""
    if not count:
        return ""
    seeds = "1 other seed" if count == 1 else f"{count} other seeds"
    return f" The band is the spread with {seeds}, the line in it the mean."


def _without_seed(identity: Any) -> dict[str, Any]:
    search = {key: value for key, value in (identity.get("search") or {}).items() if key != "seed"}
    return {**identity, "search": search}


def spread_frame(runs: Sequence[pd.DataFrame], over: str) -> pd.DataFrame:
    """One row per place: `over`, mean, low, high of the best values of all runs.

    Each run has the columns `over` and best. Places lie between where all have a value and where
    the last one ends; a run that ended keeps its best.
    """
    import numpy as np
    import pandas as pd

    known = [run.sort_values(over) for run in runs if len(run)]
    begin = max((float(run[over].iloc[0]) for run in known), default=0.0)
    end = max((float(run[over].iloc[-1]) for run in known), default=0.0)
    places = np.linspace(begin, end, PLACES)
    values = np.array(
        [
            run["best"].to_numpy()[np.searchsorted(run[over].to_numpy(), places, "right") - 1]
            for run in known
        ]
    )
    middle = {"mean": values.mean(0), "low": values.min(0), "high": values.max(0)}
    return pd.DataFrame({over: places, **middle})


def spread_traces(
    runs: Sequence[pd.DataFrame], over: str, objective: Objective
) -> list[go.Scatter]:
    """A band from the worst to the best run and the mean as a line; nothing for a single run."""
    import plotly.graph_objects as go

    known = [run for run in runs if len(run)]
    if len(known) < 2:
        return []
    frame = spread_frame(known, over)
    x = frame[over].tolist()
    edge = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip"}
    return [
        go.Scatter(x=x, y=frame["low"].tolist(), **edge),
        go.Scatter(
            x=x, y=frame["high"].tolist(), fill="tonexty", fillcolor=LIGHT["scale0"],
            opacity=0.5, **edge,
        ),
        go.Scatter(
            x=x,
            y=frame["mean"].tolist(),
            mode="lines",
            line={"color": LIGHT["accent"], "width": 1.8, "shape": "hv"},
            hovertemplate=f"mean of {len(known)} seeds %{{y:{objective.ticks}}}<extra></extra>",
        ),
    ]  # fmt: skip
