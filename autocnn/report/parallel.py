"""Every trial as a line through the choices that it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from autocnn.report.axis import PREFIX, UNUSED, Axis, said, wrapped
from autocnn.report.holes import effects
from autocnn.report.objective import Objective
from autocnn.report.ranks import MOST, evenly, scattered, strokes
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LIGHT, figure, plain

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

SHOWN = 12
"""Holes that are drawn, at the most: those that mattered most."""

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


def choices(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """The parallel lines of a study, block by block."""
    ranking = effects(frames.trials)
    if ranking.empty:
        return None
    shown = by_block(ranking["hole"].head(SHOWN).tolist())
    axes, lines = parallel(frames.trials, objective, shown)
    return parallel_figure(axes, lines, objective)


def by_block(holes: Sequence[str]) -> list[str]:
    """The same holes with those of a block side by side, the block of the first one first."""
    blocks: dict[str, list[str]] = {}
    for hole in holes:
        blocks.setdefault(block(hole), []).append(hole)
    return [hole for members in blocks.values() for hole in members]


def block(hole: str) -> str:
    """Where a hole stands: `architecture.1` of `architecture.1.r0.0.conv.kernel`."""
    return ".".join(hole.split(".")[: 2 if hole.startswith("architecture.") else 1])


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
        spread = 0.08 * scattered(rank)
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
    bands, names = _blocks(axes)
    return figure(
        *(_lines(points, shade, width) for points, shade, width in strokes(frame)),
        height=450,
        meta={"width": 80 + 100 * len(axes)},
        annotations=[*ticks, *names, *([NOT_USED] if unused else [])],
        shapes=[*bands, *({"x0": place, "x1": place, **rule} for place in range(len(axes)))],
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
            "range": [UNUSED - 0.06 if unused else -0.06, 1.12],
            "fixedrange": True,
        },
    )


def _blocks(axes: Sequence[Axis]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A band behind the axes of each block of two holes or more, and its name above."""
    bands, names, start = [], [], 0
    for name, members in groupby(axes[:-1], key=lambda axis: block(axis.hole)):
        count = len(list(members))
        if count > 1:
            ends = {"x0": start - 0.4, "x1": start + count - 0.6, "y0": -0.04, "y1": 1.11}
            fill = {"fillcolor": LIGHT["muted"], "opacity": 0.07, "line": {"width": 0}}
            bands.append({"type": "rect", "layer": "below", **ends, **fill})
            place = {"x": start - 0.35, "y": 1.1, "xanchor": "left", "yanchor": "top"}
            font = {"size": 11, "color": LIGHT["muted"]}
            names.append({"text": plain(name, 24), "showarrow": False, "font": font, **place})
        start += count
    return bands, names


def _lines(points: pd.DataFrame, shade: str, width: float) -> go.Scatter:
    """The lines of all these trials as one trace, broken between them."""
    import numpy as np
    import plotly.graph_objects as go

    x: list[int | None] = []
    y: list[float | None] = []
    told: list[tuple[object, ...]] = []
    for _, line in points.groupby("rank", sort=False):
        x += [*range(len(line)), None]
        y += [*line["position"].tolist(), None]
        told += [
            *zip(line["number"], map(plain, line["hole"]), line["text"], strict=True),
            ("",) * 3,
        ]
    return go.Scatter(
        x=x,
        y=y,
        customdata=np.array(told, dtype=object),
        mode="lines",
        line={"color": shade, "width": width},
        hovertemplate="trial %{customdata[0]}<br>%{customdata[1]}: %{customdata[2]}"
        "<extra></extra>",
    )


def _tick_texts(axis: Axis, is_value: bool, objective: Objective) -> list[tuple[float, str]]:
    if not is_value:
        return axis.ticks()
    if axis.kind == "categories":
        return [(0.5, objective.text(axis.values[0]))] if axis.values else []
    return [(float(place), objective.text(value)) for place, value in enumerate(axis.values)]
