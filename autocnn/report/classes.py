"""How well each class is told from the others: precision, recall, F1 and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autocnn.interval import wilson
from autocnn.report.theme import ERRORS, LIGHT, SCALE, figure, plain

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

WRITTEN = 20
"""Up to so many classes the cells carry their counts."""


def per_class(matrix: Sequence[Sequence[int]], names: Sequence[str]) -> pd.DataFrame:
    """One row per class: class, images, precision, recall, low, high, f1.

    `matrix[i][j]` counts images of class i that were taken for class j; `low` and `high` are the
    95 % Wilson interval of the recall. What is undefined (never predicted, no image) is NaN.
    """
    import numpy as np
    import pandas as pd

    counts = np.asarray(matrix, dtype=float)
    hits, true, guessed = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = hits / guessed, hits / true
        f1 = 2 * hits / (true + guessed)
    bounds = [wilson(int(hit), int(images)) for hit, images in zip(hits, true, strict=True)]
    return pd.DataFrame(
        {
            "class": list(names),
            "images": true.astype(int),
            "precision": precision,
            "recall": recall,
            "low": [low for low, _ in bounds],
            "high": [high for _, high in bounds],
            "f1": f1,
        }
    )


def confusions(
    matrix: Sequence[Sequence[int]], names: Sequence[str], most: int = 10
) -> pd.DataFrame:
    """The most frequent mistakes: class, taken_for, images, share (of the class, in [0, 1])."""
    import pandas as pd

    lines = [
        {
            "class": names[true],
            "taken_for": names[guess],
            "images": int(count),
            "share": count / sum(row),
        }
        for true, row in enumerate(matrix)
        for guess, count in enumerate(row)
        if count and true != guess
    ]
    frame = pd.DataFrame(lines, columns=["class", "taken_for", "images", "share"])
    return frame.sort_values("images", ascending=False, kind="stable").head(most)


def constant(matrix: Sequence[Sequence[int]], names: Sequence[str]) -> str:
    """Which one class all images were taken for, as a sentence, or nothing."""
    taken = [
        name for name, column in zip(names, zip(*matrix, strict=True), strict=True) if any(column)
    ]
    if len(taken) != 1:
        return ""
    hint = "units that no longer learn, or a learning rate that is too high, do this"
    return f"The network takes every image for {taken[0]}: {hint}."


def confusion_figure(matrix: Sequence[Sequence[int]], names: Sequence[str]) -> go.Figure:
    """Rows are the true classes; right answers and mistakes have a colour scale each."""
    import numpy as np
    import plotly.graph_objects as go

    counts = np.asarray(matrix, dtype=float)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(len(counts), dtype=bool)
    shown = [
        plain(f"{place}: {name}" if list(names).count(name) > 1 else name, 16)
        for place, name in enumerate(names)
    ]
    numbers = list(range(len(names)))
    written = np.where(counts > 0, counts.astype(int).astype(str), "")
    traces = []
    for cells, colours, top in (
        (right, SCALE, 1.0),
        (~right & (counts > 0), ERRORS, max(float(share[~right].max(initial=0)), 0.02)),
    ):
        traces.append(
            go.Heatmap(
                x=numbers,
                y=numbers,
                z=np.where(cells, share, np.nan).tolist(),
                text=np.where(cells, written, "").tolist(),
                texttemplate="%{text}" if len(names) <= WRITTEN else None,
                customdata=[[[true, guess] for guess in shown] for true in shown],
                colorscale=colours,
                zmin=0,
                zmax=top,
                showscale=False,
                xgap=1,
                ygap=1,
                hoverongaps=False,
                hovertemplate="%{customdata[0]} taken for %{customdata[1]}<br>%{text} images,"
                " %{z:.1%} of the class<extra></extra>",
            )
        )
    ticks = {"tickvals": numbers, "ticktext": shown} if len(names) <= 50 else {}
    return figure(
        *traces,
        meta={"width": 150 + 34 * min(len(names), 25)},
        height=min(900, max(320, 120 + 30 * len(names))),
        xaxis={"title": {"text": "predicted"}, "showgrid": False, "tickangle": -50, **ticks},
        yaxis={"title": {"text": "true"}, "autorange": "reversed", "showgrid": False, **ticks},
        plot_bgcolor=LIGHT["card"],
    )
