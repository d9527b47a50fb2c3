"""Learning curves: those of the best trials by name, of the others in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.report.objective import Objective
from autocnn.report.progress import span
from autocnn.report.ranks import MOST, evenly
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LEGEND, LIGHT, LINES, figure, log_ticks

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

KEPT = 0.6
"""The share of what came before in a smoothed curve."""


def curves(
    frames: StudyFrames, objective: Objective, *, log: bool = False, smooth: bool = False
) -> go.Figure | None:
    """The learning curves of a study."""
    frame = learning_curves(frames.progress, frames.trials, objective)
    if smooth:
        frame = smoothed(frame)
    return curves_figure(frame, objective, log=log)


def learning_curves(
    progress: pd.DataFrame, trials: pd.DataFrame, objective: Objective, most: int = MOST
) -> pd.DataFrame:
    """The evaluation points of at most `most` trials: trial, epoch, value, rank (0 is best).

    The best ones are taken, and of more trials others whose ranks are spread evenly to the worst.
    """
    ranked = objective.ranked(trials[trials["number"].isin(progress["trial"])])
    named = min(len(LINES), len(ranked))
    others = [named + place for place in evenly(len(ranked) - named, most - named)]
    places = [*range(named), *others]
    ranks = {int(ranked["number"].iloc[place]): place for place in places}
    points = progress[progress["trial"].isin(ranks) & progress[objective.metric].notna()]
    frame = points[["trial", "epoch", objective.metric]].rename(
        columns={objective.metric: "value"}
    )
    frame = frame.assign(rank=frame["trial"].map(ranks).astype(int))
    return frame.sort_values(["rank", "epoch"]).reset_index(drop=True)


def smoothed(frame: pd.DataFrame, by: str = "rank") -> pd.DataFrame:
    """The same curves as running means in which older points count less and less."""
    if frame.empty:
        return frame
    values = frame.groupby(by)["value"].ewm(alpha=1 - KEPT).mean()
    return frame.assign(value=values.droplevel(0))


def errors(frame: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """The values as a logarithmic axis shows them best: of shares 1 less each."""
    return frame.assign(value=1 - frame["value"]) if _turns(objective) else frame


def _turns(objective: Objective) -> bool:
    return objective.is_share and objective.maximize


def axes(
    frame: pd.DataFrame, objective: Objective, over: str, *, log: bool = False
) -> dict[str, Any]:
    """The axes of values over `over`; with `log` both are logarithmic, for `errors`.

    These go downwards, so that better stays above.
    """
    turned = log and _turns(objective)
    across: dict[str, Any] = {"rangemode": "tozero"}
    up: dict[str, Any] = {"range": span(frame["value"], objective)}
    if log:
        epochs = frame["epoch" if "epoch" in frame else "x"]
        across = {"type": "log", **log_ticks(epochs, "{:g}".format)}
        up = {"type": "log", **log_ticks(frame["value"], objective.tick)}
    up |= {"autorange": "reversed"} if turned else {}
    label = f"1 \N{MINUS SIGN} {objective.label}" if turned else objective.label
    return {
        "xaxis": {"title": {"text": over}, **across},
        "yaxis": {"title": {"text": label}, "tickformat": objective.ticks, **up},
    }


def curves_figure(
    frame: pd.DataFrame, objective: Objective, *, log: bool = False
) -> go.Figure | None:
    """One line per trial, the best ones on top; with `log` the axes are logarithmic."""
    import plotly.graph_objects as go

    if frame.empty:
        return None
    frame = errors(frame, objective) if log else frame
    grey = frame[frame["rank"] >= len(LINES)]
    traces = [_others(grey, objective)] if len(grey) else []
    for rank in range(min(len(LINES), int(frame["rank"].max()) + 1))[::-1]:
        points = frame[frame["rank"] == rank]
        if points.empty:
            continue
        trial = int(points["trial"].iloc[0])
        width = 3.0 if rank == 0 else 1.8
        traces.append(
            go.Scatter(
                x=points["epoch"].tolist(),
                y=points["value"].tolist(),
                mode="lines+markers",
                name=f"trial {trial}",
                legendrank=rank,
                line={"color": LINES[rank], "width": width},
                marker={"size": 2 * width},
                hovertemplate=f"trial {trial}<br>epoch %{{x:.3~g}}"
                f"<br>%{{y:{objective.ticks}}}<extra></extra>",
            )
        )
    across = axes(frame, objective, "epochs seen", log=log)
    return figure(*traces, height=400, showlegend=True, legend=LEGEND, **across)


def _others(frame: pd.DataFrame, objective: Objective) -> go.Scatter:
    """All other trials as one trace, broken between them."""
    import plotly.graph_objects as go

    x: list[float | None] = []
    y: list[float | None] = []
    trials: list[int | None] = []
    for _, points in frame.groupby("rank", sort=True):
        x += [*points["epoch"].tolist(), None]
        y += [*points["value"].tolist(), None]
        trials += [*points["trial"].tolist(), None]
    return go.Scatter(
        x=x,
        y=y,
        customdata=trials,
        mode="lines+markers",
        name="others",
        legendrank=len(LINES),
        line={"color": LIGHT["waiting"], "width": 1},
        marker={"size": 3, "color": LIGHT["waiting"]},
        hovertemplate="trial %{customdata}<br>epoch %{x:.3~g}"
        f"<br>%{{y:{objective.ticks}}}<extra></extra>",
    )
