"""Whether the network is as sure as it is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autocnn.interval import wilson
from autocnn.report.theme import LIGHT, figure

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


def calibration_frame(bins: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per bin of images by their confidence: images, confidence, accuracy, low, high.

    `low` and `high` are the 95 % Wilson interval of the accuracy.
    """
    import pandas as pd

    frame = pd.DataFrame(list(bins), columns=["images", "confidence", "accuracy"])
    bounds = [
        wilson(round(row["images"] * row["accuracy"]), int(row["images"]))
        for row in frame.to_dict("records")
    ]
    return frame.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds])


def calibration_figure(frame: pd.DataFrame) -> go.Figure:
    """The share of right answers over the confidence; on the dotted line both agree."""
    import plotly.graph_objects as go

    return figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": LIGHT["best"], "width": 1.5, "dash": "dot"},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=frame["confidence"].tolist(),
            y=frame["accuracy"].tolist(),
            customdata=frame["images"].tolist(),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (frame["high"] - frame["accuracy"]).tolist(),
                "arrayminus": (frame["accuracy"] - frame["low"]).tolist(),
                "color": LIGHT["muted"],
                "thickness": 1.2,
            },
            mode="lines+markers",
            line={"color": LIGHT["accent"], "width": 2},
            marker={"size": 8},
            hovertemplate="%{customdata} images<br>confidence %{x:.1%}<br>right %{y:.1%}"
            "<extra></extra>",
        ),
        height=340,
        xaxis={"title": {"text": "confidence"}, "tickformat": ".0%", "range": [0, 1.02]},
        yaxis={"title": {"text": "share that is right"}, "tickformat": ".0%", "range": [0, 1.02]},
    )
