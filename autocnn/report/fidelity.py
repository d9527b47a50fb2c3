"""How far an early rung foretells the end: rank correlation of its values with the last ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.report.objective import Objective
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LIGHT, figure

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

LEAST = 5
"""Trials from which on a correlation is told."""


def fidelity(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """The rank correlations of a study."""
    frame = fidelity_frame(frames.decisions, frames.progress, objective)
    return fidelity_figure(frame) if len(frame) else None


def fidelity_frame(
    decisions: pd.DataFrame, progress: pd.DataFrame, objective: Objective
) -> pd.DataFrame:
    """One row per rung below the highest: rung, epoch, trials, correlation, low, high.

    Spearman's rank correlation, in [-1, 1], of the values at the rung with those of the same
    trials at the highest rung that five trials or more have reached; `low` and `high` are its
    95 % interval by Fisher's transformation. These trials are those that were let go on, so the
    correlation over all would be higher.
    """
    import numpy as np
    import pandas as pd

    points = progress[progress[objective.metric].notna()].sort_values("images")
    at = {}
    for rung in sorted(decisions["rung"].unique()):
        reached = points[points["images"] >= rung].drop_duplicates("trial")
        at[int(rung)] = reached.set_index("trial")[objective.metric]
    known = [rung for rung, values in at.items() if len(values) >= LEAST]
    per_image = (points["epoch"] / points["images"]).median()
    lines = []
    for rung in known[:-1]:
        both = pd.concat([at[rung], at[known[-1]]], axis=1, join="inner")
        ranks = both.rank()
        if (ranks.nunique() < 2).any():
            continue
        correlation = float(np.corrcoef(ranks.to_numpy().T)[0, 1])
        error = 1.96 * np.sqrt(1.06 / max(1, len(both) - 3))
        middle = np.arctanh(min(max(correlation, -0.999999), 0.999999))
        lines.append(
            {
                "rung": rung,
                "epoch": rung * per_image,
                "trials": len(both),
                "correlation": correlation,
                "low": float(np.tanh(middle - error)),
                "high": float(np.tanh(middle + error)),
            }
        )
    columns = ["rung", "epoch", "trials", "correlation", "low", "high"]
    return pd.DataFrame(lines, columns=columns)


def fidelity_figure(frame: pd.DataFrame) -> go.Figure:
    """Correlation over the rung, with its interval."""
    import plotly.graph_objects as go

    return figure(
        go.Scatter(
            x=[f"{epoch:.3g}" for epoch in frame["epoch"]],
            y=frame["correlation"].tolist(),
            customdata=frame[["trials", "low", "high"]].to_numpy().tolist(),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (frame["high"] - frame["correlation"]).tolist(),
                "arrayminus": (frame["correlation"] - frame["low"]).tolist(),
                "color": LIGHT["muted"],
                "thickness": 1.5,
            },
            mode="lines+markers",
            line={"color": LIGHT["accent"], "width": 2},
            marker={"size": 9},
            hovertemplate="%{y:.2f} (%{customdata[1]:.2f} to %{customdata[2]:.2f})"
            "<br>%{customdata[0]} trials<extra></extra>",
        ),
        height=300,
        xaxis={"title": {"text": "rung in epochs"}, "type": "category"},
        yaxis={"title": {"text": "rank correlation with the last rung"}, "range": [-1.05, 1.05]},
    )
