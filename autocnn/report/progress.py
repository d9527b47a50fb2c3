"""How the search went: the best value over trials and over seconds, and the learning curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.report.objective import Objective, counted
from autocnn.report.ranks import DOTS, MOST, evenly, strokes
from autocnn.report.theme import LIGHT, figure

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


def best_over_trials(trials: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """One row per trial with a value of its own: number, value, best (up to and with it)."""
    frame = counted(trials).sort_values("number")[["number", "best_value"]]
    frame = frame.rename(columns={"best_value": "value"}).reset_index(drop=True)
    return frame.assign(best=objective.best_so_far(frame["value"]))


def best_over_seconds(
    progress: pd.DataFrame,
    objective: Objective,
    begin: pd.Timestamp,
    stamps: pd.Series[pd.Timestamp],
    seconds: float,
) -> pd.DataFrame:
    """One row per evaluation point: seconds of searching, trial, epoch, value, best.

    `stamps` are all moments the study recorded, `seconds` what its coordinators spent: what the
    moments span beyond that lay between runs, and is taken out of their longest gaps.
    """
    import pandas as pd

    values = progress[progress[objective.metric].notna()].sort_values("created", kind="stable")
    moments = pd.Series([begin, *stamps.dropna()]).drop_duplicates().sort_values()
    gaps = moments.diff().dt.total_seconds().fillna(0.0)
    idle = max(0.0, float(gaps.sum()) - seconds)
    for place in gaps.sort_values(ascending=False, kind="stable").index:
        cut = min(idle, float(gaps.loc[place]))
        gaps.loc[place] -= cut
        idle -= cut
    clock = pd.Series(gaps.cumsum().to_numpy(), index=pd.DatetimeIndex(moments))
    frame = pd.DataFrame(
        {
            "seconds": clock.reindex(pd.DatetimeIndex(values["created"])).to_numpy(),
            "trial": values["trial"].to_numpy(),
            "epoch": values["epoch"].to_numpy(),
            "value": values[objective.metric].to_numpy(),
        }
    )
    return frame.assign(best=objective.best_so_far(frame["value"]))


def learning_curves(
    progress: pd.DataFrame, trials: pd.DataFrame, objective: Objective, most: int = MOST
) -> pd.DataFrame:
    """The evaluation points of at most `most` trials: trial, epoch, value, rank (0 is best).

    Of more trials, those are taken whose ranks are spread evenly from the best to the worst.
    """
    ranked = objective.ranked(trials[trials["number"].isin(progress["trial"])])
    ranks = {int(ranked["number"].iloc[place]): place for place in evenly(len(ranked), most)}
    points = progress[progress["trial"].isin(ranks) & progress[objective.metric].notna()]
    frame = points[["trial", "epoch", objective.metric]].rename(
        columns={objective.metric: "value"}
    )
    frame = frame.assign(rank=frame["trial"].map(ranks).astype(int))
    return frame.sort_values(["rank", "epoch"]).reset_index(drop=True)


def best_figure(frame: pd.DataFrame, objective: Objective, over: str) -> go.Figure:
    """Every value as a dot and the best so far as a step line, over `number` or `seconds`."""
    import plotly.graph_objects as go

    trial = "number" if over == "number" else "trial"
    frame = _thinned(frame)
    return figure(
        go.Scatter(
            x=frame[over].tolist(),
            y=frame["value"].tolist(),
            customdata=frame[trial].tolist(),
            mode="markers",
            marker={"size": 5, "color": LIGHT["stopped"], "opacity": 0.65},
            hovertemplate=f"trial %{{customdata}}<br>%{{y:{objective.ticks}}}<extra></extra>",
        ),
        go.Scatter(
            x=frame[over].tolist(),
            y=frame["best"].tolist(),
            mode="lines",
            line={"shape": "hv", "color": LIGHT["best"], "width": 2.5},
            hovertemplate=f"best so far %{{y:{objective.ticks}}}<extra></extra>",
        ),
        height=300,
        xaxis={"title": {"text": "trial" if over == "number" else "seconds of searching"}},
        yaxis={
            "title": {"text": objective.label},
            "tickformat": objective.ticks,
            "range": span(frame["value"], objective),
        },
    )


def curves_figure(frame: pd.DataFrame, objective: Objective) -> go.Figure:
    """One line per trial, the better the stronger; the best one on top in its own colour."""
    import plotly.graph_objects as go

    traces = []
    for points, shade, width in strokes(frame):
        trial = int(points["trial"].iloc[0])
        traces.append(
            go.Scatter(
                x=points["epoch"].tolist(),
                y=points["value"].tolist(),
                mode="lines+markers",
                line={"color": shade, "width": width},
                marker={"size": 2 * width},
                hovertemplate=f"trial {trial}<br>epoch %{{x:.3~g}}"
                f"<br>%{{y:{objective.ticks}}}<extra></extra>",
            )
        )
    return figure(
        *traces,
        height=380,
        xaxis={"title": {"text": "epochs seen"}, "rangemode": "tozero"},
        yaxis={
            "title": {"text": objective.label},
            "tickformat": objective.ticks,
            "range": span(frame["value"], objective),
        },
    )


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    new_best = frame["best"].ne(frame["best"].shift()).to_numpy().nonzero()[0]
    return frame.iloc[sorted({*new_best.tolist(), *evenly(len(frame), DOTS)})]


def span(values: pd.Series[float], objective: Objective) -> list[float] | None:
    """An axis range for all values but far outliers on the worse side.

    A value is one that lies farther below the worst tenth than that lies below the best.
    """
    if values.empty:
        return None
    signed = values if objective.maximize else -values
    best, tenth = float(signed.max()), float(signed.quantile(0.1))
    worst = max(float(signed.min()), 2 * tenth - best)
    room = 0.06 * (best - worst) or 0.01
    edges = [worst - room, best + room]
    return edges if objective.maximize else [-edges[1], -edges[0]]
