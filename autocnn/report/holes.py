"""What was chosen at the holes and how it went: how much each matters, and parallel lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

from autocnn.report.objective import Objective, counted
from autocnn.report.ranks import MOST, evenly, strokes
from autocnn.report.theme import LIGHT, figure, plain

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

PREFIX = "hole."
SHOWN = 12
UNUSED = -0.14  # the height at which lines pass a hole that their trial did not have
FEW = 8  # up to so many different values a hole's axis is one of categories

TICK: Mapping[str, Any] = {
    "xanchor": "left",
    "xshift": 4,
    "showarrow": False,
    "font": {"size": 11, "color": LIGHT["ink"]},
    "bgcolor": LIGHT["card"],
    "opacity": 0.85,
    "borderpad": 1,
}
"""How the values are written along an axis."""

NOT_USED: Mapping[str, Any] = {
    "x": 0,
    "y": UNUSED,
    "text": "not used",
    "xanchor": "right",
    "xshift": -6,
    "showarrow": False,
    "font": {"size": 11, "color": LIGHT["muted"]},
}
"""The note at the height of holes that a trial did not have."""


@dataclass(frozen=True)
class Axis:
    """The scale of one hole: `kind` is categories, number or log; ticks lie in [0, 1]."""

    hole: str
    kind: str
    values: tuple[Any, ...]
    """Every category in order, or the lowest and the highest number."""

    @classmethod
    def of(cls, hole: str, column: pd.Series[Any]) -> Axis:
        """Choose the scale from the values that trials have."""
        values = sorted(set(column.dropna()), key=lambda value: (str(type(value)), value))
        numbers = all(isinstance(value, int | float) for value in values)
        numbers = numbers and not any(isinstance(value, bool) for value in values)
        if not numbers or len(values) <= FEW:
            return cls(hole, "categories", tuple(sorted(values) if numbers else values))
        low, high = min(values), max(values)
        return cls(hole, "log" if low > 0 and high / low >= 10 else "number", (low, high))

    def position(self, value: Any) -> float:
        """Where a value lies in [0, 1]; below for a hole that is not used."""
        if _missing(value):
            return UNUSED
        if self.kind == "categories":
            return self.values.index(value) / (len(self.values) - 1) if self.values[1:] else 0.5
        low, high = self.values
        if self.kind == "log":
            return log(value / low) / log(high / low)
        return float((value - low) / (high - low))

    def ticks(self) -> list[tuple[float, str]]:
        """Position and text of what is written along the axis."""
        if self.kind == "categories":
            return [(self.position(value), said(value, 14)) for value in self.values]
        low, high = self.values
        middle = (low * high) ** 0.5 if self.kind == "log" else (low + high) / 2
        return [(self.position(value), f"{value:.3g}") for value in (low, middle, high)]


def effects(trials: pd.DataFrame) -> pd.DataFrame:
    """One row per hole that differs among the trials that count: hole, trials, effect.

    `effect` is the share in [0, 1] of all differences in value that go with this hole: epsilon
    squared (Kelley 1935), which corrects for the number of groups, over the trials that have the
    hole, times their share of the sum of squares. Numbers are grouped into four quantiles.
    Sorted from the strongest.
    """
    import pandas as pd

    known = counted(trials)
    values = known["best_value"].astype(float)
    whole = _squares(values)
    lines = []
    for name in known.columns[known.columns.str.startswith(PREFIX)]:
        column = known[name].dropna()
        if column.nunique() < 2:
            continue
        axis = Axis.of(name.removeprefix(PREFIX), column)
        groups = column.map(axis.position)
        if axis.kind != "categories":
            groups = pd.qcut(groups, 4, labels=False, duplicates="drop")
        used = values[column.index]
        total, spare = _squares(used), len(used) - groups.nunique()
        effect = 0.0
        if spare > 0 and total > 0:
            within = sum(_squares(group) for _, group in used.groupby(groups))
            epsilon = 1 - (within / spare) / (total / (len(used) - 1))
            effect = max(0.0, epsilon) * min(1.0, total / whole)
        lines.append({"hole": axis.hole, "trials": len(column), "effect": effect})
    frame = pd.DataFrame(lines, columns=["hole", "trials", "effect"])
    return frame.sort_values("effect", ascending=False, kind="stable").reset_index(drop=True)


def _squares(values: pd.Series[float]) -> float:
    """The sum of squares around the mean; 0 for equal values though their mean is rounded."""
    return float(((values - values.mean()) ** 2).sum()) if values.nunique() > 1 else 0.0


def parallel(
    trials: pd.DataFrame, objective: Objective, holes: Sequence[str], most: int = MOST
) -> tuple[tuple[Axis, ...], pd.DataFrame]:
    """The axes of these holes and one row per trial and hole: number, rank, hole, position, text.

    The value itself is the last axis. Of more than `most` trials those with evenly spread ranks
    are taken. Lines through one category are spread a little, so that they can be told apart.
    """
    import pandas as pd

    ranked = objective.ranked(trials)
    axes = [Axis.of(hole, ranked[PREFIX + hole]) for hole in holes]
    value_axis = Axis.of(objective.label, ranked["best_value"])
    if len(set(ranked["best_value"])) > 1:
        edges = (float(ranked["best_value"].min()), float(ranked["best_value"].max()))
        value_axis = Axis(objective.label, "number", edges)
    lines = []
    for rank in evenly(len(ranked), most):
        trial = ranked.iloc[rank]
        spread = ((rank * 0.618034) % 1 - 0.5) * 0.08
        for axis in axes:
            value = trial[PREFIX + axis.hole]
            position = axis.position(value)
            loose = axis.kind == "categories" or position == UNUSED
            lines.append(
                {
                    "number": int(trial["number"]),
                    "rank": rank,
                    "hole": axis.hole,
                    "position": position + spread * loose,
                    "text": "not used" if position == UNUSED else said(value, 40),
                }
            )
        value = trial["best_value"]
        lines.append(
            {
                "number": int(trial["number"]),
                "rank": rank,
                "hole": objective.label,
                "position": value_axis.position(value),
                "text": objective.text(value),
            }
        )
    frame = pd.DataFrame(lines, columns=["number", "rank", "hole", "position", "text"])
    return (*axes, value_axis), frame


def parallel_figure(axes: Sequence[Axis], frame: pd.DataFrame, objective: Objective) -> go.Figure:
    """One line per trial across the axes, the better the stronger, the best one on top."""
    ticks = [
        {"x": place, "y": height, "text": text, **TICK}
        for place, axis in enumerate(axes)
        for height, text in _tick_texts(axis, axis.hole == axes[-1].hole, objective)
    ]
    unused = bool((frame["position"] < UNUSED / 2).any())
    rule = {"type": "line", "y0": -0.02, "y1": 1.02, "line": {"color": LIGHT["muted"], "width": 1}}
    return figure(
        *(_trial_line(points, shade, width) for points, shade, width in strokes(frame)),
        height=430,
        annotations=[*ticks, *([NOT_USED] if unused else [])],
        shapes=[{"x0": place, "x1": place, **rule} for place in range(len(axes))],
        xaxis={
            "tickvals": list(range(len(axes))),
            "ticktext": [wrapped(axis.hole) for axis in axes],
            "tickfont": {"size": 11},
            "tickangle": 0,
            "showgrid": False,
            "range": [-0.55, len(axes) - 0.35],
            "fixedrange": True,
        },
        yaxis={
            "visible": False,
            "range": [UNUSED - 0.06 if unused else -0.06, 1.06],
            "fixedrange": True,
        },
    )


def _trial_line(points: pd.DataFrame, shade: str, width: float) -> go.Scatter:
    import plotly.graph_objects as go

    texts = zip(points["hole"], points["text"], strict=True)
    return go.Scatter(
        x=list(range(len(points))),
        y=points["position"].tolist(),
        customdata=[[plain(hole), text] for hole, text in texts],
        mode="lines",
        line={"color": shade, "width": width},
        hovertemplate=f"trial {int(points['number'].iloc[0])}"
        "<br>%{customdata[0]}: %{customdata[1]}<extra></extra>",
    )


def said(value: object, longest: int) -> str:
    """A hole's value in words; a float without the digits that nobody reads."""
    return plain(f"{value:.4g}" if isinstance(value, float) else value, longest)


def wrapped(hole: str, width: int = 15) -> str:
    """A hole's name in lines, broken after dots."""
    lines = [""]
    for part in hole.replace(" ", ". ").split("."):
        if lines[-1] and len(lines[-1]) + len(part) >= width:
            lines.append("")
        lines[-1] += ("." if lines[-1] and not part.startswith(" ") else "") + part
    return "<br>".join(plain(line, 22) for line in lines)


def _missing(value: object) -> bool:
    """Whether it is None, NaN or NA; a hole's value is one scalar."""
    import pandas as pd

    return bool(pd.isna(value))  # type: ignore[call-overload]


def _tick_texts(axis: Axis, is_value: bool, objective: Objective) -> list[tuple[float, str]]:
    if not is_value:
        return axis.ticks()
    if axis.kind == "categories":
        return [(0.5, objective.text(axis.values[0]))] if axis.values else []
    return [(float(place), objective.text(value)) for place, value in enumerate(axis.values)]
