"""Estimated values against true ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autocnn.report.theme import LIGHT, figure, plain

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

DRAWN = 4
"""Values that are drawn, at the most."""


def value_frame(true: Sequence[float], predicted: Sequence[float]) -> pd.DataFrame:
    """One row per image: true, predicted, residual (predicted less true)."""
    import pandas as pd

    frame = pd.DataFrame({"true": list(true), "predicted": list(predicted)}, dtype=float)
    return frame.assign(residual=frame["predicted"] - frame["true"])


def value_figure(frame: pd.DataFrame, name: str) -> go.Figure:
    """Each image as a dot; on the dotted line estimates are right."""
    ends = [float(frame[["true", "predicted"]].min().min()),
            float(frame[["true", "predicted"]].max().max())]  # fmt: skip
    return _figure(frame, "predicted", f"{plain(name, 30)}, predicted", name, (ends, ends))


def residual_figure(frame: pd.DataFrame, name: str) -> go.Figure:
    """How much too high each estimate is, over the true value."""
    ends = [float(frame["true"].min()), float(frame["true"].max())]
    return _figure(frame, "residual", "predicted less true", name, (ends, [0.0, 0.0]))


def _figure(
    frame: pd.DataFrame, column: str, title: str, name: str, line: tuple[list[float], list[float]]
) -> go.Figure:
    import plotly.graph_objects as go

    return figure(
        go.Scatter(
            x=line[0],
            y=line[1],
            mode="lines",
            line={"color": LIGHT["best"], "width": 1.5, "dash": "dot"},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=frame["true"].tolist(),
            y=frame[column].tolist(),
            mode="markers",
            marker={"color": LIGHT["scale3"], "size": 6, "opacity": 0.6},
            hovertemplate="true %{x:.4~g}<br>" + title + " %{y:.4~g}<extra></extra>",
        ),
        xaxis={"title": {"text": f"{plain(name, 30)}, true"}},
        yaxis={"title": {"text": title}},
    )
