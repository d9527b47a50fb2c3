"""Why trials gave no result, and what the search warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.report.objective import Objective
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LIGHT, figure, plain, whole_ticks

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


def failures(trials: pd.DataFrame, examples: int = 3) -> pd.DataFrame:
    """One row per state and reason of failed and infeasible trials, the most frequent first.

    Columns: state, reason, trials, numbers (of the first few), detail (the most frequent text).
    """
    import pandas as pd

    bad = trials[trials["state"].isin(["failed", "infeasible"])].sort_values("number")
    lines = []
    for (state, reason), group in bad.groupby(["state", bad["reason"].fillna("unknown")]):
        texts = group["detail"].fillna("")
        lines.append(
            {
                "state": state,
                "reason": reason,
                "trials": len(group),
                "numbers": [int(number) for number in group["number"].head(examples)],
                "detail": texts.value_counts().index[0],
            }
        )
    frame = pd.DataFrame(lines, columns=["state", "reason", "trials", "numbers", "detail"])
    return frame.sort_values(["state", "trials"], ascending=[True, False], kind="stable")


def failures_figure(frames: StudyFrames, objective: Objective) -> go.Figure | None:
    """A bar per reason of failed and impossible trials, in the colour of their state."""
    import plotly.graph_objects as go

    rows = failures(frames.trials).sort_values("trials", kind="stable")
    if rows.empty:
        return None
    return figure(
        go.Bar(
            y=[f"{row['state']}: {plain(row['reason'])}" for row in rows.to_dict("records")],
            x=rows["trials"].tolist(),
            customdata=[plain(detail, 80) for detail in rows["detail"]],
            orientation="h",
            marker={"color": [LIGHT[state] for state in rows["state"]]},
            text=rows["trials"].tolist(),
            textposition="auto",
            hovertemplate="%{x} trials<br>%{customdata}<extra></extra>",
        ),
        height=90 + 34 * len(rows),
        xaxis={
            "title": {"text": "trials"},
            "rangemode": "tozero",
            **whole_ticks(float(rows["trials"].max())),
        },
        yaxis={"type": "category"},
    )


def warnings(events: pd.DataFrame, most: int = 30) -> pd.DataFrame:
    """The last warnings and errors with equal ones counted: level, message, times, last."""
    loud = events[events["level"].isin(["warning", "error"])]
    grouped = loud.groupby(["level", "message"], as_index=False).agg(
        times=("created", "size"), last=("created", "max")
    )
    return grouped.sort_values("last", ascending=False, kind="stable").head(most)
