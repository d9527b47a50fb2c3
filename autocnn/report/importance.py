"""How much each hole matters, alone and with others, and what each of its values does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.report.axis import PREFIX, Axis, said, wrapped
from autocnn.report.forest import PAIRS, Forest
from autocnn.report.objective import Objective
from autocnn.report.progress import span
from autocnn.report.ranks import evenly, scattered
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LEGEND, LIGHT, SCALE, figure, plain

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

SLICES = 6
"""Holes whose values are drawn one by one: those that matter most."""

DOTS = 400
"""Trials that are drawn as dots for each of these, at the most."""


def importance(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """The importance of the holes of a study."""
    forest = frames.forest
    return None if forest is None else importance_figure(forest.importance, forest.explained)


def interactions(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """What pairs of holes do together beyond what they do alone."""
    forest = frames.forest
    if forest is None:
        return None
    holes = forest.importance["hole"].head(PAIRS).tolist()
    frame = forest.interactions(holes)
    return interactions_figure(frame, holes) if len(frame) else None


def dependence(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """The values of trials over each hole, and what the forest expects there."""
    forest = frames.forest
    if forest is None:
        return None
    holes = forest.importance["hole"].head(SLICES).tolist()
    return dependence_figure(forest, frames.trials, holes, objective)


def importance_figure(frame: pd.DataFrame, explained: float) -> go.Figure:
    """A bar per hole: what it does alone, and with others on top."""
    import plotly.graph_objects as go

    rows = frame.iloc[::-1]
    names = [plain(hole, 44) for hole in rows["hole"]]
    bars = (
        ("alone", "accent", "alone", rows["alone"]),
        ("with others", "scale1", "with others besides", rows["total"] - rows["alone"]),
    )
    return figure(
        *(
            go.Bar(
                y=names,
                x=lengths.tolist(),
                customdata=rows["trials"].tolist(),
                name=name,
                orientation="h",
                marker={"color": LIGHT[colour]},
                hovertemplate=f"%{{y}}<br>%{{x:.1%}} {words}<br>in %{{customdata}} trials"
                "<extra></extra>",
            )
            for name, colour, words, lengths in bars
        ),
        height=130 + 26 * len(rows),
        barmode="stack",
        showlegend=True,
        legend={**LEGEND, "traceorder": "normal"},
        xaxis={
            "title": {"text": f"share of what it learned,<br>which is {explained:.0%} of all"},
            "tickformat": ".0%",
            "rangemode": "tozero",
        },
        yaxis={"type": "category", "tickfont": {"size": 11}},
    )


def interactions_figure(frame: pd.DataFrame, holes: list[str]) -> go.Figure:
    """A cell per pair of holes; the strongest pair has the full colour."""
    import plotly.graph_objects as go

    shares = {(row["first"], row["second"]): row["share"] for row in frame.to_dict("records")}
    cells = [[shares.get((first, second)) for first in holes] for second in holes]
    names = [wrapped(hole) for hole in holes]
    places = list(range(len(holes)))
    top = max(float(frame["share"].max()), 0.02)
    return figure(
        go.Heatmap(
            x=places[:-1],
            y=places[1:],
            z=[row[:-1] for row in cells[1:]],
            customdata=[[[plain(a), plain(b)] for a in holes[:-1]] for b in holes[1:]],
            colorscale=SCALE,
            zmin=0,
            zmax=top,
            xgap=2,
            ygap=2,
            showscale=False,
            hoverongaps=False,
            texttemplate="%{z:.1%}",
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>%{z:.2%} together"
            "<extra></extra>",
        ),
        height=150 + 46 * len(holes),
        meta={"width": 130 + 92 * len(holes)},
        xaxis={"tickvals": places, "ticktext": names, "tickangle": 0, "showgrid": False,
               "tickfont": {"size": 10}},
        yaxis={"tickvals": places, "ticktext": names, "autorange": "reversed", "showgrid": False,
               "tickfont": {"size": 10}},
    )  # fmt: skip


def dependence_figure(
    forest: Forest, trials: pd.DataFrame, holes: list[str], objective: Objective
) -> go.Figure:
    """A small plot per hole: trials as dots, the forest's expectation as a line."""
    ranked = objective.ranked(trials)
    known = ranked.iloc[evenly(len(ranked), DOTS)]
    axes = {axis.hole: axis for axis in forest.axes}
    columns = min(3, len(holes))
    rows = -(-len(holes) // columns)
    layout: dict[str, object] = {}
    traces: list[object] = []
    expected = forest.dependence(holes)
    up = {
        "tickformat": objective.ticks,
        "range": span(ranked["best_value"], objective),
        "matches": "y",
    }
    for place, hole in enumerate(holes):
        end = "" if place == 0 else str(place + 1)
        row, column = divmod(place, columns)
        width, height = 1 / columns, 1 / rows
        left, top = column * width, 1 - row * height
        layout[f"xaxis{end}"] = {
            "domain": [left + 0.02, left + width - 0.02],
            "anchor": f"y{end}",
            "range": [-0.1, 1.1],
            "title": {"text": plain(hole, 34), "font": {"size": 11}},
            **_ticks(axes[hole]),
        }
        layout[f"yaxis{end}"] = {
            "domain": [top - height + 0.28 / rows, top],
            "anchor": f"x{end}",
            **up,
            "showticklabels": column == 0,
        }
        traces += _slice(expected[place], axes[hole], known, objective, end)
    del layout["yaxis"]["matches"]  # type: ignore[attr-defined]
    return figure(*traces, height=60 + 240 * rows, meta={"width": 240 * columns}, **layout)


def _slice(
    expected: pd.DataFrame, axis: Axis, trials: pd.DataFrame, objective: Objective, end: str
) -> list[go.Scatter]:
    import numpy as np
    import plotly.graph_objects as go

    used = trials[trials[PREFIX + axis.hole].notna()]
    values = used[PREFIX + axis.hole]
    places = axis.positions(values)
    if axis.kind == "categories":
        places += min(0.16, 0.5 / len(axis.values)) * used["number"].map(scattered).to_numpy()
    told = [*zip(used["number"], (said(value, 30) for value in values), strict=True)]
    return [
        go.Scatter(
            x=places.tolist(),
            y=used["best_value"].tolist(),
            customdata=np.array(told, dtype=object),
            xaxis=f"x{end}",
            yaxis=f"y{end}",
            mode="markers",
            marker={"size": 4, "color": LIGHT["stopped"], "opacity": 0.55},
            hovertemplate="trial %{customdata[0]}: %{customdata[1]}"
            f"<br>%{{y:{objective.ticks}}}<extra></extra>",
        ),
        go.Scatter(
            x=expected["position"].tolist(),
            y=expected["value"].tolist(),
            xaxis=f"x{end}",
            yaxis=f"y{end}",
            mode="lines+markers",
            line={"color": LIGHT["best"], "width": 2},
            marker={"size": 6},
            hovertemplate=f"expected %{{y:{objective.ticks}}}<extra></extra>",
        ),
    ]


def _ticks(axis: Axis) -> dict[str, object]:
    """So many ticks as can be read: all categories, or the first, a middle and the last."""
    ticks = axis.ticks()
    if axis.kind == "categories":
        if len(ticks) > 4 and any(len(text) >= 4 for _, text in ticks):
            ticks = [ticks[0], ticks[len(ticks) // 2], ticks[-1]]
        longest = max(4, 30 // len(ticks))
        values = {axis.position(value): said(value, longest) for value in axis.values}
        ticks = [(place, values[place]) for place, _ in ticks]
    places, texts = [place for place, _ in ticks], [text for _, text in ticks]
    return {"tickvals": places, "ticktext": texts, "tickangle": 0}
