"""A map of the candidates tried: those with like choices lie near each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.report.axis import PREFIX, Axis
from autocnn.report.objective import Objective, counted
from autocnn.report.ranks import DOTS, evenly
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import EDGE, LIGHT, SCALE, figure

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import plotly.graph_objects as go
    from numpy.typing import NDArray

LEAST = 5
"""Candidates from which on a map is drawn."""


def footprint(
    frames: StudyFrames, objective: Objective, *, order: bool = False
) -> go.Figure | None:
    """The map of a study; with `order` its colours tell when a candidate was tried."""
    frame, shares = footprint_frame(frames.trials)
    return footprint_figure(frame, shares, objective, order=order) if len(frame) else None


def footprint_frame(trials: pd.DataFrame) -> tuple[pd.DataFrame, tuple[float, float]]:
    """One row per candidate: number, state, value (NaN without a result), x, y; and their shares.

    The two principal components of the fillings, each hole scaled to [0, 1] and each alternative
    a dimension of its own; the shares are those of the variance that each of them shows. No rows
    if there are too few candidates or no two differ.
    """
    import numpy as np
    import pandas as pd

    columns = [name for name in trials.columns if name.startswith(PREFIX)]
    tried = trials[trials[columns].notna().any(axis=1) & (trials["state"] != "duplicate")]
    cells = [_cells(name, tried[name]) for name in columns if tried[name].nunique() > 1]
    empty = pd.DataFrame({name: [] for name in ("number", "state", "value", "x", "y")})
    if len(tried) < LEAST or not cells:
        return empty, (0.0, 0.0)
    rows = np.column_stack(cells)
    rows -= rows.mean(0)
    spread, axes = np.linalg.eigh(rows.T @ rows)
    whole = float(spread.sum())
    if whole <= 0:
        return empty, (0.0, 0.0)
    first = axes[:, -1]
    second = axes[:, -2] if axes.shape[1] > 1 else np.zeros_like(first)
    has_value = tried["number"].isin(counted(tried)["number"])
    found = {
        "number": tried["number"],
        "state": tried["state"],
        "value": tried["best_value"].where(has_value),
        "x": rows @ first,
        "y": rows @ second,
    }
    shares = (float(spread[-1]) / whole, float(spread[-2]) / whole if len(spread) > 1 else 0.0)
    return pd.DataFrame(found).reset_index(drop=True), shares


def _cells(name: str, column: pd.Series[Any]) -> NDArray[np.float64]:
    """A hole as one column, or as one for each alternative; rows without it are zero."""
    import numpy as np

    axis = Axis.of(name.removeprefix(PREFIX), column)
    used = column.notna().to_numpy()
    numbers = axis.kind != "categories" or all(type(v) in (int, float) for v in axis.values)
    places = axis.positions(column)
    if numbers:
        return np.column_stack([np.where(used, places, 0.0), used * 0.5])
    values = np.array([place for place, _ in axis.ticks()])
    cells: NDArray[np.float64] = (np.abs(places[:, None] - values) < 1e-9) * 2**-0.5
    return cells


def footprint_figure(
    frame: pd.DataFrame, shares: tuple[float, float], objective: Objective, *, order: bool
) -> go.Figure:
    """A dot per candidate, the better (or the later) the stronger; the best one is circled."""
    import plotly.graph_objects as go

    known, rest = frame[frame["value"].notna()], frame[frame["value"].isna()]
    known = known.sort_values("value", ascending=objective.maximize, kind="stable")
    best = known.tail(1)
    known, rest = (rows.iloc[evenly(len(rows), DOTS)] for rows in (known, rest))
    shade = known["number"] if order else known["value"].rank(ascending=objective.maximize)
    hover = f"trial %{{customdata[0]}}<br>%{{customdata[1]:{objective.ticks}}}<extra></extra>"
    marks = (
        (rest, {"symbol": "x", "size": 5, "color": LIGHT["waiting"]}, "%{customdata[1]}"),
        (known, {"size": 8, "color": shade.tolist(), "colorscale": SCALE, "line": EDGE}, ""),
        (best, {"size": 15, "symbol": "circle-open", "color": LIGHT["best"],
                "line": {"width": 2.5}}, ""),
    )  # fmt: skip
    return figure(
        *(
            go.Scatter(
                x=rows["x"].tolist(),
                y=rows["y"].tolist(),
                customdata=rows[["number", "state" if words else "value"]].to_numpy(object),
                mode="markers",
                marker=marker,
                hovertemplate=f"trial %{{customdata[0]}}<br>{words}<extra></extra>"
                if words
                else hover,
            )
            for rows, marker, words in marks
            if len(rows)
        ),
        height=380,
        xaxis={"title": {"text": f"first component, {shares[0]:.0%} of the differences"},
               "showticklabels": False},
        yaxis={"title": {"text": f"second, {shares[1]:.0%}"}, "showticklabels": False},
    )  # fmt: skip
