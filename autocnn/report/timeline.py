"""What each worker did when: training of trials, idle time and failures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LEGEND, LIGHT, figure

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from autocnn.report.objective import Objective

BARS = 1500
"""No more bars than about this are drawn: short neighbours become one."""

FEW = 300
"""Up to so many bars have an edge; more would be nothing but edges."""

BREATH = 0.5
"""Seconds between two stretches of one trial that count as none: the search decides meanwhile."""

KINDS = {
    "completed": "trained in full",
    "stopped": "stopped early",
    "paused": "paused",
    "running": "running",
    "failed": "failed",
}
"""States that have a colour of their own, with the words for them."""


def timeline(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """The timeline of a study."""
    frame = busy(frames.trials, frames.progress)
    return timeline_figure(frame, frames.trials) if len(frame) else None


def busy(trials: pd.DataFrame, progress: pd.DataFrame) -> pd.DataFrame:
    """One row per stretch in which a trial trained: lane, trial, state, begin, end.

    `lane` is the worker that trained the trial last, as the store keeps no other, or another one
    that was free where that one was taken; `begin` and `end` are seconds since the first one.
    """
    import pandas as pd

    points = progress.sort_values(["trial", "images"])
    spent = points["seconds"] - points.groupby("trial")["seconds"].shift(fill_value=0.0)
    ends = points["created"].astype("int64") / 1e6
    known = trials.set_index("number")
    frame = pd.DataFrame(
        {
            "trial": points["trial"],
            "state": points["trial"].map(known["state"]),
            "worker": points["trial"].map(known["worker"]).fillna("0"),
            "begin": ends - spent.clip(lower=0.0),
            "end": ends,
        }
    )
    same = frame["trial"].eq(frame["trial"].shift())
    gap = frame["begin"] - frame["end"].shift()
    runs = (~(same & (gap < BREATH))).cumsum().to_numpy()
    ends_at = frame.groupby(runs)["end"].max()
    frame = frame.groupby(runs, sort=False).head(1).assign(end=ends_at.to_numpy())
    frame = frame.sort_values("begin", kind="stable")
    if len(frame):
        frame[["begin", "end"]] -= frame["begin"].min()
    return frame.assign(lane=_lanes(frame)).drop(columns="worker").reset_index(drop=True)


def _lanes(frame: pd.DataFrame) -> list[int]:
    """The worker of each stretch, or one that is free; a stretch may begin a little too early."""
    workers = {name: lane for lane, name in enumerate(sorted(set(frame["worker"])))}
    free = [0.0] * len(workers)
    lanes = []
    for worker, begin, end in zip(frame["worker"], frame["begin"], frame["end"], strict=True):
        lane = workers[worker]
        if free[lane] > begin + 0.1 * (end - begin):
            lane = min(range(len(free)), key=free.__getitem__)
        lanes.append(lane)
        free[lane] = max(free[lane], end)
    return lanes


def utilisation(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per lane: lane, busy (seconds of training), share (of the whole span, in [0, 1])."""
    whole = float(frame["end"].max()) or 1.0
    spent = (frame["end"] - frame["begin"]).groupby(frame["lane"]).sum().rename("busy")
    found = spent.reset_index()
    return found.assign(share=(found["busy"] / whole).clip(upper=1.0))


def merged(frame: pd.DataFrame, most: int = BARS) -> pd.DataFrame:
    """At most about `most` bars: lane, state, begin, end, trials (how many), trial (the first).

    Neighbours of one trial become one bar; where there are too many bars, so do all neighbours
    of one state that are shorter than what can be seen.
    """
    ordered = frame.sort_values(["lane", "begin"], kind="stable")
    whole = float(frame["end"].max()) or 1.0
    lanes = ordered["lane"].nunique()
    tight = whole / 500
    gap = ordered["begin"] - ordered["end"].shift()
    new = ordered["lane"].ne(ordered["lane"].shift()) | (gap > tight)
    bars = _joined(ordered, new | ordered["trial"].ne(ordered["trial"].shift()))
    if len(bars) > most:
        cell = (bars["begin"] * most / lanes // whole).astype(int)
        bars = _joined(bars, bars["lane"].ne(bars["lane"].shift()) | cell.ne(cell.shift()))
    return bars


def _joined(frame: pd.DataFrame, new: pd.Series[bool]) -> pd.DataFrame:
    """One row for each run of rows, which begins where `new` says so."""
    counts = frame["trials"] if "trials" in frame else (~frame["trial"].duplicated()).astype(int)
    runs = frame.assign(trials=counts).groupby(new.cumsum().to_numpy(), as_index=False)
    found = runs.agg(
        lane=("lane", "first"), trial=("trial", "first"), state=("state", "last"),
        begin=("begin", "min"), end=("end", "max"), trials=("trials", "sum"),
    )  # fmt: skip
    return found.assign(trials=found["trials"].clip(lower=1))


def timeline_figure(frame: pd.DataFrame, trials: pd.DataFrame) -> go.Figure:
    """A row per worker with a bar per trial, in the colour of its state; failures are crosses."""
    import plotly.graph_objects as go

    bars, shares = merged(frame), utilisation(frame)
    names = {
        int(row["lane"]): f"worker {int(row['lane'])}: {row['share']:.0%}"
        for row in shares.to_dict("records")
    }
    traces, edge = [], 0.5 if len(bars) < FEW else 0
    for state, words in KINDS.items():
        rows = bars[bars["state"] == state]
        if rows.empty:
            continue
        traces.append(
            go.Bar(
                y=[names[lane] for lane in rows["lane"]],
                x=(rows["end"] - rows["begin"]).tolist(),
                base=rows["begin"].tolist(),
                customdata=[_said(row) for row in rows.to_dict("records")],
                name=words,
                orientation="h",
                marker={"color": LIGHT[state], "line": {"color": LIGHT["card"], "width": edge}},
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    bad = trials.loc[trials["state"] == "failed", "number"]
    ends = frame[frame["trial"].isin(bad)].drop_duplicates("trial", keep="last").tail(BARS)
    if len(ends):
        traces.append(
            go.Scatter(
                x=ends["end"].tolist(),
                y=[names[lane] for lane in ends["lane"]],
                customdata=ends["trial"].tolist(),
                mode="markers",
                name="failure",
                marker={"symbol": "x", "size": 10, "color": LIGHT["failed"],
                        "line": {"color": LIGHT["card"], "width": 1}},
                hovertemplate="trial %{customdata} failed<extra></extra>",
            )
        )  # fmt: skip
    return figure(
        *traces,
        height=min(700, 130 + 46 * len(names)),
        barmode="overlay",
        bargap=0.35,
        showlegend=True,
        legend=LEGEND,
        xaxis={"title": {"text": "seconds since the first training"}, "rangemode": "tozero"},
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": [names[lane] for lane in sorted(names)][::-1],
        },
    )


def _said(row: Mapping[Any, Any]) -> str:
    count = int(row["trials"])
    who = f"trial {int(row['trial'])}" if count == 1 else f"{count} trials"
    return f"{who}, {row['end'] - row['begin']:.3g} s"
