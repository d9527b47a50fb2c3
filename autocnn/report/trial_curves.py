"""How one trial learned: its losses and its metric over the epochs, with what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.report.objective import Objective
from autocnn.report.progress import span
from autocnn.report.rungs import ACTIONS, decision_frame
from autocnn.report.study_frames import StudyFrames
from autocnn.report.theme import LEGEND, LIGHT, LINES, figure, log_ticks, plain

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

LOSSES = ("train_loss", "val_loss")


def metric_curve(frames: StudyFrames, objective: Objective, number: int) -> go.Figure | None:
    """The metric that is searched for, with the rungs at which something was decided."""
    points = _points(frames, number)
    known = points[points[objective.metric].notna()]
    if known.empty:
        return None
    made = _lines(known, [objective.metric], objective.label, objective.ticks)
    if len(known) == 1:
        made.update_yaxes(range=span(known[objective.metric], objective))
    decided = frames.decisions[frames.decisions["trial"] == number]
    for row in decision_frame(decided, points, objective).to_dict("records"):
        colour = LIGHT[ACTIONS[row["action"]][0]]
        # Where the curve is not: it comes from below early on, or from above.
        top = (row["epoch"] < float(known["epoch"].max()) / 2) is objective.maximize
        made.add_vline(
            x=row["epoch"],
            line={"color": colour, "width": 1.5, "dash": "dot"},
            annotation={
                "text": plain(row["action"]),
                "font": {"size": 10, "color": LIGHT["muted"]},
                "textangle": -90,
                "yanchor": "top" if top else "bottom",
                "y": 0.98 if top else 0.02,
                "yref": "paper",
            },
        )
    return made


def loss_curves(
    frames: StudyFrames, objective: Objective, number: int, *, log: bool = False
) -> go.Figure | None:
    """The losses on train and validation."""
    points = _points(frames, number)
    known = [name for name in LOSSES if name in points and points[name].notna().any()]
    if not known:
        return None
    return _lines(points, known, "loss", ".3~g", log=log)


def learning_rate(frames: StudyFrames, objective: Objective, number: int) -> go.Figure | None:
    """The learning rate over the epochs."""
    points = _points(frames, number)
    known = points[points["lr"].notna()]
    if known.empty:
        return None
    return _lines(known, ["lr"], "learning rate", ".3~g").update_yaxes(rangemode="tozero")


def _points(frames: StudyFrames, number: int) -> pd.DataFrame:
    points = frames.progress[frames.progress["trial"] == number]
    return points.sort_values("images")


def _lines(
    points: pd.DataFrame, columns: list[str], title: str, ticks: str, *, log: bool = False
) -> go.Figure:
    import plotly.graph_objects as go

    names = [name.replace("val_", "validation ").replace("_", " ") for name in columns]
    return figure(
        *(
            go.Scatter(
                x=points["epoch"].tolist(),
                y=points[column].tolist(),
                mode="lines+markers",
                name=name,
                line={"color": colour, "width": 2},
                marker={"size": 6},
                hovertemplate=f"{name}<br>epoch %{{x:.3~g}}<br>%{{y:{ticks}}}<extra></extra>",
            )
            for column, name, colour in zip(columns, names, LINES, strict=False)
        ),
        height=300,
        showlegend=len(columns) > 1,
        legend=LEGEND,
        xaxis={"title": {"text": "epochs seen"}, "rangemode": "tozero"},
        yaxis={
            "title": {"text": title},
            "tickformat": ticks,
            **(
                {"type": "log", **log_ticks(points[columns].melt()["value"], "{:.3g}".format)}
                if log
                else {}
            ),
        },
    )
