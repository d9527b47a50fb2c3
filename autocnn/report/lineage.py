"""Where a trial comes from: the trials it was made from, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocnn.report.axis import PREFIX, said
from autocnn.report.objective import Objective
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LIGHT, figure, plain

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

NAMED = 4
"""Changes that are written out for each step, at the most."""


def lineage(frames: StudyFrames, objective: Objective, number: int) -> go.Figure | None:
    """The line of ancestors of a trial; None for one that comes from no other."""
    frame = lineage_frame(frames.trials, number)
    return lineage_figure(frame, objective) if len(frame) > 1 else None


def lineage_frame(trials: pd.DataFrame, number: int) -> pd.DataFrame:
    """One row per ancestor, the oldest first, and the trial itself: number, value, changed.

    `changed` has the holes that differ from the row before, each in words.
    """
    import pandas as pd

    parents = dict(zip(trials["number"].tolist(), trials["parent"].tolist(), strict=True))
    line = [number]
    while parents.get(line[-1]) in parents.keys() - set(line):
        line.append(parents[line[-1]])
    line = [member for member in reversed(line) if member in parents]
    known = trials[trials["number"].isin(line)].set_index("number").to_dict("index")
    rows = []
    for place, member in enumerate(line):
        changed = _changed(known[line[place - 1]], known[member]) if place else []
        value = known[member]["best_value"]
        rows.append({"number": member, "value": value, "changed": changed})
    return pd.DataFrame(rows, columns=["number", "value", "changed"])


def _changed(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[str]:
    """The holes of the second trial that the first one filled otherwise, each in words."""
    import pandas as pd

    found = []
    for name, value in after.items():
        if str(name).startswith(PREFIX) and not _same(before[name], value):
            word = "not used" if pd.isna(value) else said(value, 24)
            found.append(f"{str(name).removeprefix(PREFIX)}: {word}")
    return found


def lineage_figure(frame: pd.DataFrame, objective: Objective) -> go.Figure:
    """The values along the line; what changed is told at each step."""
    import plotly.graph_objects as go

    texts = []
    for changed in frame["changed"]:
        rest = [f"and {len(changed) - NAMED} more"] if len(changed) > NAMED else []
        texts.append("<br>".join([*(plain(text) for text in changed[:NAMED]), *rest]))
    return figure(
        go.Scatter(
            x=[f"trial {number}" for number in frame["number"]],
            y=frame["value"].tolist(),
            customdata=texts,
            mode="lines+markers",
            line={"color": LIGHT["accent"], "width": 2},
            marker={"size": 9},
            hovertemplate=f"%{{x}}<br>%{{y:{objective.ticks}}}<br>%{{customdata}}<extra></extra>",
        ),
        height=280,
        xaxis={"type": "category"},
        yaxis={"title": {"text": objective.label}, "tickformat": objective.ticks},
    )


def _same(one: Any, other: Any) -> bool:
    import pandas as pd

    missing = pd.isna(one), pd.isna(other)
    return all(missing) or (not any(missing) and one == other)
