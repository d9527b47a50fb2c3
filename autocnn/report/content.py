"""Everything the page says, read from the store: frames made into words and figures."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from autocnn.report import cost, failures, holes, progress, reproduce, summary
from autocnn.report.drawing import diagram
from autocnn.report.header import lede, result_words
from autocnn.report.layers import layer_frame, shape_text, short
from autocnn.report.objective import NONE, Objective, counted, duration
from autocnn.report.outputs import outputs
from autocnn.report.ranks import MOST

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from autocnn.store import Store, StudyRecord

SECTIONS = (
    ("trials", "Trials and budget"),
    ("progress", "Best so far"),
    ("curves", "Learning curves"),
    ("cost", "Cost and accuracy"),
    ("holes", "Choices"),
    ("network", "Best architecture"),
    ("classes", "Classes"),
    ("failures", "Failures"),
    ("reproduce", "To reproduce"),
)
COUNTS = ("params", "macs", "activations")
EFFECTS = 15
LEAST = 10  # trials from which on effects are said: fewer make any hole look decisive
Words = dict[str, Any]
Figures = dict[str, "go.Figure"]


def content(store: Store, name: str) -> Words:
    """The values that the template needs; raises StoreError for an unknown study."""
    from autocnn.store import frames

    trials = frames.trials(store, name)
    study = next(study for study in store.studies() if study.name == name)
    objective = Objective.of(study.settings)
    # A search may go on between one read and the next.
    points = frames.progress(store, name)
    points = points[points["trial"].isin(trials["number"])]
    points = points.reindex(columns=list(dict.fromkeys([*points.columns, objective.metric])))
    finals = frames.finals(store, name)
    finals = finals[finals["trial"].isin(trials["number"])]
    number = summary.winner(trials, finals, objective)
    architectures = frames.architectures(store, name)

    words: Words = {
        "study": study,
        "state": summary.state_of(study),
        "objective": objective,
        "nothing": "Nothing to show yet: no trial has a value.",
        "results": result_words(study, trials, finals, objective, number),
        "lede": lede(study, trials, number),
        "failures": failures.failures(trials).to_dict("records"),
        "warnings": failures.warnings(frames.events(store, name)).to_dict("records"),
        "facts": reproduce.facts(study).to_dict("records"),
        "commands": reproduce.commands(study, number),
    }
    words |= _counts(study, trials, points, finals, objective)
    words |= _network(trials, architectures, number)
    choices, figures = _choices(trials, objective)
    found, more = outputs(study, finals, number)
    words |= choices | found
    words["sections"] = [
        (name, {"classes": found["outputs"]}.get(name, title)) for name, title in SECTIONS
    ]
    figures |= more
    if number is not None:
        stamps = [points["created"], trials["created"], trials["finished"], finals["created"]]
        figures |= _course(study, trials, points, stamps, objective)
        words["curves_note"] = _curves_note(trials, points, objective, number)
    return words | {"figures": figures}


def _counts(
    study: StudyRecord,
    trials: pd.DataFrame,
    points: pd.DataFrame,
    finals: pd.DataFrame,
    objective: Objective,
) -> Words:
    limits = study.settings.get("budget") or {}
    budget = []
    for row in summary.budget_used(trials, points, study.seconds, limits).to_dict("records"):
        says = duration if row["kind"] == "time" else _amount
        limited = row["limit"] == row["limit"]
        budget.append(
            {
                "unit": row["kind"] if row["kind"] == "time" else row["unit"],
                "used": says(row["used"]),
                "limit": f"of {says(row['limit'])}" if limited else "no limit",
                "share": min(100, round(100 * row["share"])) if limited else None,
            }
        )
    tested = [
        {
            "trial": row["trial"],
            "seed": row["seed"],
            "split": row["split"],
            "metric": row["metric"].replace("_", " "),
            "value": _value(row["metric"], row["value"]),
            "range": _range(row["metric"], row["low"], row["high"]),
            "interval": row["interval"] if isinstance(row["interval"], str) else "",
            "seconds": duration(row["seconds"]),
        }
        for row in finals.to_dict("records")
    ]
    states = summary.state_counts(trials).to_dict("records")
    return {"states": states, "budget": budget, "finals": tested}


def _course(
    study: StudyRecord,
    trials: pd.DataFrame,
    points: pd.DataFrame,
    stamps: Sequence[pd.Series[pd.Timestamp]],
    objective: Objective,
) -> Figures:
    import pandas as pd

    over_trials = progress.best_over_trials(trials, objective)
    over_seconds = progress.best_over_seconds(
        points, objective, pd.Timestamp(study.created), pd.concat(stamps), study.seconds
    )
    curves = progress.learning_curves(points, trials, objective)
    costs = cost.cost_frame(trials, objective)
    return {
        "best-over-trials": progress.best_figure(over_trials, objective, "number"),
        "best-over-seconds": progress.best_figure(over_seconds, objective, "seconds"),
        "learning-curves": progress.curves_figure(curves, objective),
        "params": cost.cost_figure(costs, objective, "params"),
        "macs": cost.cost_figure(costs, objective, "macs"),
    }


def _curves_note(
    trials: pd.DataFrame, points: pd.DataFrame, objective: Objective, number: int
) -> str:
    ranked = objective.ranked(trials[trials["number"].isin(points["trial"])])
    best = int(ranked["number"].iloc[0]) if len(ranked) else number
    chosen = f"; the finals chose trial {number}" if number != best else ""
    most = (
        f" Of {len(ranked):,} trials {MOST} are drawn, spread evenly from the best to the worst."
        if len(ranked) > MOST
        else ""
    )
    return (
        f"Each line is a trial, the stronger the better. Trial {best} did best in the search"
        f"{chosen}.{most}"
    )


def _choices(trials: pd.DataFrame, objective: Objective) -> tuple[Words, Figures]:
    ranking = holes.effects(trials)
    words: Words = {
        "no_holes": "Fewer than two trials have a value, or no hole differs between them.",
        "effects": [
            row | {"share": round(100 * row["effect"])}
            for row in ranking.head(EFFECTS).to_dict("records")
            if len(counted(trials)) >= LEAST
        ],
        "more_effects": max(0, len(ranking) - EFFECTS),
    }
    if ranking.empty:
        return words, {}
    shown = ranking["hole"].head(holes.SHOWN).tolist()
    axes, lines = holes.parallel(trials, objective, shown)
    words["parallel_width"] = 80 + 100 * len(axes)
    words["parallel_note"] = (
        "Each line is a trial, the stronger the better, and the best one in its own colour. "
        + (
            f"The {len(shown)} of {len(ranking)} holes that mattered most, "
            if len(ranking) > len(shown)
            else "The holes that differ, "
        )
        + "from the left; a line passes below an axis whose hole its trial did not have."
    )
    return words, {"parallel": holes.parallel_figure(axes, lines, objective)}


def _network(trials: pd.DataFrame, architectures: pd.DataFrame, number: int | None) -> Words:
    none = dict.fromkeys(("diagram", "layers", "network_note", "candidate"), "")
    if number is None:
        return none
    trial = trials[trials["number"] == number].iloc[0]
    found = architectures[architectures["digest"] == trial["architecture"]]
    if found.empty:
        return none
    best = found.iloc[0]
    field = shape_text(best["receptive_field"])
    layers = [
        row | {count: short(row[count]) if row[count] else NONE for count in COUNTS}
        for row in layer_frame(best["table"]).to_dict("records")
    ]
    return {
        "diagram": diagram(best["table"]),
        "layers": layers,
        "network_note": (
            f"Trial {number}: {int(best['params']):,} parameters, {int(best['macs']):,} "
            f"multiply-adds and {int(best['activations']):,} activations for one image, "
            f"{int(best['depth'])} layers deep, a receptive field of {field} pixels."
        ),
        "candidate": reproduce.candidate_text(trial["candidate"]),
    }


def _amount(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def _value(metric: str, value: float) -> str:
    return Objective(metric).text(value)


def _range(metric: str, low: float, high: float) -> str:
    if isnan(low) or isnan(high):
        return NONE
    return f"{_value(metric, low)} to {_value(metric, high)}"
