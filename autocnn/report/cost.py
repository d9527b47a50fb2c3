"""What accuracy costs: parameters and multiply-adds of every trial against its value."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any

from autocnn.report.layers import short
from autocnn.report.objective import Objective
from autocnn.report.progress import span
from autocnn.report.ranks import DOTS, evenly
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import EDGE, LIGHT, SCALE, figure, log_ticks

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

WORDS = {"params": "parameters", "macs": "MACs for one image"}


def params(
    frames: StudyFrames, objective: Objective, *, feasible: bool = False
) -> go.Figure | None:
    """The parameters of a study's networks against their values."""
    return _view(frames, objective, "params", feasible)


def macs(frames: StudyFrames, objective: Objective, *, feasible: bool = False) -> go.Figure | None:
    """The multiply-adds of a study's networks against their values."""
    return _view(frames, objective, "macs", feasible)


def _view(
    frames: StudyFrames, objective: Objective, cost: str, feasible: bool
) -> go.Figure | None:
    bounds = limits(frames.study.settings)
    trials = frames.trials
    if feasible:
        for name, (low, high) in bounds.items():
            trials = trials[trials[name].between(low, high)]
    frame = cost_frame(trials, objective)
    return cost_figure(frame, objective, cost, bounds[cost]) if len(frame) else None


def limits(settings: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Cost -> lowest and highest that the constraints of a study allow."""
    given = settings.get("constraints") or {}
    found = {}
    for cost in WORDS:
        limit = given.get(cost) or {}
        low, high = limit.get("min"), limit.get("max")
        found[cost] = (0.0 if low is None else float(low), inf if high is None else float(high))
    return found


def limited(frames: StudyFrames) -> bool:
    """Whether a study limits what its networks cost."""
    return any(bounds != (0.0, inf) for bounds in limits(frames.study.settings).values())


def cost_frame(trials: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """One row per trial with a value: number, value, trained, params, macs, and two fronts.

    `trained` is the share of its full training in [0, 1]; `params_front` tells whether no
    smaller or equal network has a better value, `macs_front` likewise.
    """
    frame = objective.ranked(trials).dropna(subset=list(WORDS))
    trained = (frame["images"] / frame["horizon"]).astype(float).clip(0, 1).fillna(1.0)
    frame = frame.assign(trained=trained).rename(columns={"best_value": "value"})
    for cost in WORDS:
        frame = frame.sort_values(
            [cost, "value"], ascending=[True, not objective.maximize], kind="stable"
        )
        frame[f"{cost}_front"] = frame["value"].ne(
            objective.best_so_far(frame["value"]).shift()
        ) & frame["value"].eq(objective.best_so_far(frame["value"]))
    columns = ["number", "value", "trained", *WORDS, *(f"{cost}_front" for cost in WORDS)]
    return frame[columns].sort_values("number").reset_index(drop=True)


def cost_figure(
    frame: pd.DataFrame,
    objective: Objective,
    cost: str,
    bounds: tuple[float, float] = (0.0, inf),
) -> go.Figure:
    """Value over `params` or `macs` on a log axis, with the front of the best for their cost.

    `bounds` are drawn as lines.
    """
    import plotly.graph_objects as go

    front = frame[frame[f"{cost}_front"]].sort_values(cost)
    dots = frame.iloc[evenly(len(frame), DOTS)]
    hover = (
        f"trial %{{customdata[0]}}<br>%{{y:{objective.ticks}}}<br>%{{x:.3~s}} {WORDS[cost]}"
        "<br>%{customdata[1]:.0%} of its training<extra></extra>"
    )
    return figure(
        go.Scatter(
            x=front[cost].tolist(),
            y=front["value"].tolist(),
            mode="lines",
            line={"shape": "hv", "color": LIGHT["best"], "width": 1.5, "dash": "dot"},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=dots[cost].tolist(),
            y=dots["value"].tolist(),
            customdata=dots[["number", "trained"]].to_numpy(object),
            mode="markers",
            marker={
                "size": 8,
                "line": EDGE,
                "color": dots["trained"].tolist(),
                "colorscale": SCALE,
                "cmin": 0,
                "cmax": 1,
            },
            hovertemplate=hover,
        ),
        go.Scatter(
            x=front[cost].tolist(),
            y=front["value"].tolist(),
            customdata=front[["number", "trained"]].to_numpy(object),
            mode="markers",
            marker={
                "size": 11,
                "symbol": "circle-open",
                "color": LIGHT["best"],
                "line": {"width": 2},
            },
            hovertemplate=hover,
        ),
        height=340,
        shapes=[
            _bound(bound, side)
            for bound, side in zip(bounds, ("left", "right"), strict=True)
            if 0 < bound < inf
        ],
        xaxis={"title": {"text": WORDS[cost]}, "type": "log", **log_ticks(frame[cost], short)},
        yaxis={
            "title": {"text": objective.label},
            "tickformat": objective.ticks,
            "range": span(frame["value"], objective),
        },
    )


def _bound(bound: float, side: str) -> dict[str, object]:
    """A line across at a limit, with its name within the limits: it begins or ends at the line."""
    line = {"color": LIGHT["failed"], "width": 1.5, "dash": "dash"}
    label = {"text": f"limit {short(bound)}", "font": {"size": 10, "color": LIGHT["failed"]}}
    return {
        "type": "line", "x0": bound, "x1": bound, "yref": "paper", "y0": 0, "y1": 1,
        "line": line, "label": {**label, "textposition": "start", "textangle": 0, "xanchor": side,
                                "yanchor": "bottom"},
    }  # fmt: skip
