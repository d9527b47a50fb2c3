"""Lines of a few trials or studies laid over each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.report.curves import axes, errors
from autocnn.report.objective import Objective
from autocnn.report.theme import LEGEND, LINES, figure, plain

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
"""Lines are told apart by these also where colours are not."""


def overlay_figure(
    frame: pd.DataFrame,
    objective: Objective,
    over: str,
    *,
    steps: bool = False,
    log: bool = False,
) -> go.Figure | None:
    """One line per `label` of a frame with columns label, x and value; None for no rows.

    `over` says what x is; `steps` keeps each value up to the next; with `log` the axes are
    logarithmic.
    """
    import plotly.graph_objects as go

    if frame.empty:
        return None
    frame = errors(frame, objective) if log else frame
    traces = []
    for place, (label, points) in enumerate(frame.groupby("label", sort=False)):
        shape = {"shape": "hv"} if steps else {}
        traces.append(
            go.Scatter(
                x=points["x"].tolist(),
                y=points["value"].tolist(),
                name=plain(label, 30),
                cliponaxis=False,
                mode="lines" if len(points) > 60 else "lines+markers",
                line={"color": LINES[place % len(LINES)], "width": 2.2, **shape},
                marker={"symbol": MARKS[place % len(MARKS)], "size": 7},
                hovertemplate=f"{plain(label, 30)}<br>%{{x:.4~g}}"
                f"<br>%{{y:{objective.ticks}}}<extra></extra>",
            )
        )
    across = axes(frame, objective, over, log=log)
    return figure(*traces, height=380, showlegend=True, legend=LEGEND, **across)
