"""The best value so far, over trials, seconds and epochs trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autocnn.report.objective import Objective, counted
from autocnn.report.ranks import DOTS, evenly
from autocnn.report.spread import spread_traces
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LIGHT, figure

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

OVER = {
    "number": "trial",
    "seconds": "seconds of searching",
    "epochs": "epochs trained by all trials together",
}
"""What the best value is drawn over, by the column of its frame."""


def over_trials(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """Best so far over the trials."""
    return _figure(frames, objective, "number")


def over_seconds(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """Best so far over the seconds of searching."""
    return _figure(frames, objective, "seconds")


def over_epochs(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """Best so far over the epochs that all trials trained until then."""
    return _figure(frames, objective, "epochs")


def _figure(frames: StudyFrames, objective: Objective, over: str) -> go.Figure | None:
    """Best so far of a study, before its spread over seeds where there are several."""
    own, *others = (_best(each, objective, over) for each in (frames, *frames.others))
    if own.empty:
        return None
    return best_figure(own, objective, over, spread_traces([own, *others], over, objective))


def _best(frames: StudyFrames, objective: Objective, over: str) -> pd.DataFrame:
    import pandas as pd

    trials, progress = frames.trials, frames.progress
    if over == "number":
        return best_over_trials(trials, objective)
    if over == "epochs":
        return best_over_epochs(progress, objective)
    stamps = [progress["created"], trials["created"], trials["finished"]]
    stamps.append(frames.finals["created"])
    begin, seconds = pd.Timestamp(frames.study.created), frames.study.seconds
    return best_over_seconds(progress, objective, begin, pd.concat(stamps), seconds)


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
    moments = pd.concat([pd.Series([begin]), stamps.dropna()], ignore_index=True)
    moments = moments.drop_duplicates().sort_values()
    gaps = moments.diff().dt.total_seconds().fillna(0.0)
    longest = gaps.sort_values(ascending=False, kind="stable")
    idle = max(0.0, float(gaps.sum()) - seconds)
    gaps -= (idle - longest.cumsum().shift(fill_value=0.0)).clip(0.0, longest)
    clock = pd.Series(gaps.cumsum().round(3).to_numpy(), index=pd.DatetimeIndex(moments))
    frame = pd.DataFrame(
        {
            "seconds": clock.reindex(pd.DatetimeIndex(values["created"])).to_numpy(),
            "trial": values["trial"].to_numpy(),
            "epoch": values["epoch"].to_numpy(),
            "value": values[objective.metric].to_numpy(),
        }
    )
    return frame.assign(best=objective.best_so_far(frame["value"]))


def best_over_epochs(progress: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """One row per evaluation point: epochs (of all trials by then), trial, epoch, value, best."""
    by_time = progress.sort_values("created", kind="stable")
    gained = by_time.groupby("trial")["epoch"].diff().fillna(by_time["epoch"])
    frame = by_time.assign(epochs=gained.clip(lower=0).cumsum(), value=by_time[objective.metric])
    frame = frame.loc[frame["value"].notna(), ["epochs", "trial", "epoch", "value"]]
    return frame.assign(best=objective.best_so_far(frame["value"])).reset_index(drop=True)


def best_figure(
    frame: pd.DataFrame, objective: Objective, over: str, behind: Sequence[go.Scatter] = ()
) -> go.Figure:
    """Every value as a dot and the best so far as a step line, over one of OVER."""
    import pandas as pd
    import plotly.graph_objects as go

    trial = "number" if over == "number" else "trial"
    frame = _thinned(frame)
    whole = {"dtick": 1} if over == "number" and frame[over].max() < 10 else {}
    values = pd.concat([frame["value"], *(pd.Series(trace.y) for trace in behind)])
    return figure(
        *behind,
        go.Scatter(
            x=frame[over].tolist(),
            y=frame["value"].tolist(),
            customdata=frame[trial].tolist(),
            mode="markers",
            cliponaxis=False,
            marker={"size": 6, "color": LIGHT["stopped"], "opacity": 0.8},
            hovertemplate=f"trial %{{customdata}}<br>%{{y:{objective.ticks}}}<extra></extra>",
        ),
        go.Scatter(
            x=frame[over].tolist(),
            y=frame["best"].tolist(),
            mode="lines" if len(frame) > 1 else "markers",
            marker={"size": 9, "color": LIGHT["best"]},
            cliponaxis=False,
            line={"shape": "hv", "color": LIGHT["best"], "width": 2.5},
            hovertemplate=f"best so far %{{y:{objective.ticks}}}<extra></extra>",
        ),
        height=300,
        xaxis={"title": {"text": OVER[over]}, "rangemode": "tozero", **whole},
        yaxis={
            "title": {"text": objective.label},
            "tickformat": objective.ticks,
            "range": span(values, objective),
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
    room = 0.06 * (best - worst) or 0.01 * max(1.0, abs(best))
    edges = [worst - room, best + room]
    return edges if objective.maximize else [-edges[1], -edges[0]]
