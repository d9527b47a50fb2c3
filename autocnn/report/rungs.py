"""How trials climbed the rungs: how many reached each, and what was decided there and why."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from autocnn.report.objective import Objective
from autocnn.report.progress import span
from autocnn.report.ranks import DOTS, evenly, scattered
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LEGEND, LIGHT, figure, plain, whole_ticks

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

ACTIONS = {
    "complete": ("completed", "star", "trained in full"),
    "promote": ("running", "triangle-up", "promoted: went on"),
    "stop": ("failed", "x", "stopped"),
    "pause": ("waiting", "circle", "paused: others did better so far"),
}
"""Action -> its colour, its sign and what it means; what follows a pause goes before it."""


def funnel(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """How many trials reached each rung, and what became of them there."""
    frame = decision_frame(frames.decisions, frames.progress, objective)
    return funnel_figure(funnel_frame(frame)) if len(frame) else None


def decisions(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """Every decision of the stopping rule with the value it was made from."""
    frame = decision_frame(frames.decisions, frames.progress, objective)
    return decisions_figure(frame, objective) if len(frame) else None


def decision_frame(
    decisions: pd.DataFrame, progress: pd.DataFrame, objective: Objective
) -> pd.DataFrame:
    """One row per trial and rung: trial, rung, epoch, value, action, by, threshold, rivals.

    `value` is the trial's own at the rung, its first point at or above it; of several actions,
    such as a pause and later a promotion, the one that counts in the end. A threshold that is no
    such value, a score by dominance or that of a pruner, is left out.
    """
    import pandas as pd

    order = {action: place for place, action in enumerate(ACTIONS)}
    last = decisions.assign(place=decisions["action"].map(order)).sort_values("place")
    last = last.drop_duplicates(["trial", "rung"]).sort_values("rung", kind="stable")
    points = progress.assign(value=progress[objective.metric])
    points = points[["trial", "images", "epoch", "value"]].sort_values("images")
    found = pd.merge_asof(
        last, points, left_on="rung", right_on="images", by="trial", direction="forward"
    )
    per_image = (points["epoch"] / points["images"]).median()
    found = found.assign(epoch=found["rung"] * per_image, rivals=found["rivals"].astype("float64"))
    scores = found["by"].eq("pruner") | objective.several
    found["threshold"] = found["threshold"].mask(scores)
    columns = ["trial", "rung", "epoch", "value", "action", "by", "threshold", "rivals"]
    return found[columns].sort_values(["rung", "trial"]).reset_index(drop=True)


def funnel_frame(decisions: pd.DataFrame) -> pd.DataFrame:
    """One row per rung and action: rung, epoch, action, trials, share (of those at the rung)."""
    counts = decisions.groupby(["rung", "epoch", "action"], as_index=False).agg(
        trials=("trial", "size")
    )
    whole = counts.groupby("rung")["trials"].transform("sum")
    return counts.assign(share=counts["trials"] / whole)


def funnel_figure(frame: pd.DataFrame) -> go.Figure:
    """One bar per rung, the lowest on top, divided by what became of its trials."""
    import plotly.graph_objects as go

    traces = []
    for action, (colour, _, words) in ACTIONS.items():
        rows = frame[frame["action"] == action]
        if rows.empty:
            continue
        traces.append(
            go.Bar(
                y=[_level(epoch) for epoch in rows["epoch"]],
                x=rows["trials"].tolist(),
                customdata=rows["share"].tolist(),
                name=words.partition(":")[0],
                orientation="h",
                marker={"color": LIGHT[colour]},
                text=[str(count) for count in rows["trials"]],
                textposition="auto",
                insidetextanchor="middle",
                hovertemplate=f"%{{x}} trials {words}<br>%{{customdata:.0%}} of those at %{{y}}"
                "<extra></extra>",
            )
        )
    levels = frame["epoch"].drop_duplicates().sort_values()
    return figure(
        *traces,
        height=110 + 44 * len(levels),
        barmode="stack",
        showlegend=True,
        legend={**LEGEND, "traceorder": "normal"},
        xaxis={
            "title": {"text": "trials that reached the rung"},
            **whole_ticks(float(frame.groupby("rung")["trials"].sum().max())),
        },
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": [_level(epoch) for epoch in levels][::-1],
        },
    )


def decisions_figure(frame: pd.DataFrame, objective: Objective) -> go.Figure:
    """Each decision as a sign at its rung and value; thresholds as short lines."""
    import plotly.graph_objects as go

    levels = sorted(frame["epoch"].unique())
    place = {epoch: rank for rank, epoch in enumerate(levels)}
    dots = frame[frame["value"].notna()]
    dots = dots.iloc[evenly(len(dots), DOTS)]
    traces = []
    for action, (colour, sign, words) in ACTIONS.items():
        rows = dots[dots["action"] == action]
        if rows.empty:
            continue
        spread = [0.5 * scattered(number) for number in rows["trial"]]
        traces.append(
            go.Scatter(
                x=[place[epoch] + by for epoch, by in zip(rows["epoch"], spread, strict=True)],
                y=rows["value"].tolist(),
                customdata=[[row["trial"], reason(row)] for row in rows.to_dict("records")],
                mode="markers",
                name=words.partition(":")[0],
                marker={"color": LIGHT[colour], "symbol": sign, "size": 8, "opacity": 0.85},
                hovertemplate=f"trial %{{customdata[0]}} at %{{y:{objective.ticks}}}"
                "<br>%{customdata[1]}<extra></extra>",
            )
        )
    needed = frame[frame["threshold"].notna()].groupby("epoch")["threshold"].last()
    rule = {"type": "line", "line": {"color": LIGHT["best"], "width": 2, "dash": "dot"}}
    return figure(
        *traces,
        height=340,
        showlegend=True,
        legend=LEGEND,
        shapes=[
            {
                **rule,
                "x0": place[epoch] - 0.35,
                "x1": place[epoch] + 0.35,
                "y0": value,
                "y1": value,
            }
            for epoch, value in needed.items()
        ],
        xaxis={
            "title": {"text": "rung"},
            "tickvals": list(range(len(levels))),
            "ticktext": [_level(epoch) for epoch in levels],
        },
        yaxis={
            "title": {"text": objective.label},
            "tickformat": objective.ticks,
            "range": span(dots["value"], objective),
        },
    )


def reason(row: Mapping[Any, Any]) -> str:
    """One decision in words: `promoted by asha: needed 0.81 among 9`."""
    said = {"promote": "promoted", "pause": "paused", "stop": "stopped", "complete": "completed"}
    text = f"{said[str(row['action'])]} by {plain(row['by'], 30)}"
    least, rivals = row["threshold"], row["rivals"]
    if not isnan(least):
        text += f": needed {least:.4g}"
    return text if isnan(rivals) else f"{text} among {rivals:.0f}"


def _level(epoch: float) -> str:
    return f"{epoch:.3g} epoch" + ("" if epoch == 1 else "s")
