"""Everything the page says, read from the store: frames made into words and figures."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import isnan
from typing import TYPE_CHECKING, Any

from autocnn.report import failures, holes, reproduce, summary
from autocnn.report.drawing import diagram
from autocnn.report.header import lede, result_words
from autocnn.report.layers import layer_frame, shape_text, short
from autocnn.report.objective import NONE, Objective, counted, duration
from autocnn.report.outputs import outputs
from autocnn.report.pictures import MORE, by_class, pictures, title_of
from autocnn.report.ranks import MOST
from autocnn.report.spread import seeds_text
from autocnn.report.study_frames import StudyFrames
from autocnn.report.view import View
from autocnn.report.views import VIEWS

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from autocnn.store import Store

SECTIONS = (
    ("trials", "Trials and budget"),
    ("progress", "Best so far"),
    ("curves", "Learning curves"),
    ("rungs", "Rungs"),
    ("workers", "Workers"),
    ("cost", "Cost and accuracy"),
    ("holes", "Choices"),
    ("network", "Best architecture"),
    ("classes", "Classes"),
    ("pictures", "What it sees"),
    ("failures", "Failures"),
    ("reproduce", "To reproduce"),
)
COUNTS = ("params", "macs", "activations")
EFFECTS = 15
LISTED = 20  # trials in the table of the best
LEAST = 10  # trials from which on effects are said: fewer make any hole look decisive
Words = dict[str, Any]
Figures = dict[str, dict[str, "go.Figure | None"]]
"""Name -> switches that are on, joined by spaces -> figure."""


def content(store: Store, name: str) -> Words:
    """The values that the template needs; raises StoreError for an unknown study."""
    frames = StudyFrames.read(store, name, seeds=True)
    said = words(store, frames)
    views, figures = _views(frames, Objective.of(frames.study.settings))
    switches = {name: view.switches_for(frames) for name, view in VIEWS.items()}
    figures |= said["figures"]
    return said | {"views": views, "switches": switches, "figures": figures}


def words(store: Store, frames: StudyFrames) -> Words:
    """All that is said in words and numbers, and the figures of what the finals found."""
    from autocnn.store import frames as tables

    study, trials, finals = frames.study, frames.trials, frames.finals
    objective = Objective.of(study.settings)
    number = summary.winner(trials, finals, objective)
    best = trials.loc[trials["number"] == number, "architecture"].dropna().tolist()

    said: Words = {
        "study": study,
        "state": summary.state_of(study),
        "objective": objective,
        "nothing": "Nothing to show yet: no trial has a value.",
        "results": result_words(study, trials, finals, objective, number),
        "lede": lede(study, trials, number),
        "failures": failures.failures(trials).to_dict("records"),
        "warnings": failures.warnings(frames.events).to_dict("records"),
        "facts": reproduce.facts(study).to_dict("records"),
        "commands": reproduce.commands(study, number),
        "pictures": _pictures(store, study.name),
        "notes": {"learning-curves": _curves_note(frames, objective, number)} | _seeds(frames),
    }
    said |= _counts(frames, objective)
    made = None if number is None else tables.candidate(store, study.name, number)
    said |= _network(trials, tables.architectures(store, study.name, best), number)
    said |= {"candidate": reproduce.candidate_text(made)}
    said |= _effects(trials)
    found, figures = outputs(study, finals, number)
    said |= found
    said["sections"] = [
        (name, {"classes": found["outputs"]}.get(name, title)) for name, title in SECTIONS
    ]
    return said | {"figures": figures}


def _pictures(store: Store, name: str) -> Words:
    found = pictures(store, name)
    title = title_of(found["images"]) if found["images"] else ""
    return found | {"title": title, "by_class": by_class(found["others"]), "more": MORE}


def _views(frames: StudyFrames, objective: Objective) -> tuple[dict[str, list[View]], Figures]:
    """Those views of each section that show something, and each with all ways to switch it."""
    shown: dict[str, list[View]] = {name: [] for name, _ in SECTIONS}
    figures: Figures = {}
    for view in VIEWS.values():
        ways = _ways(view.switches_for(frames))
        drawn = {" ".join(on): view.figure(frames, objective, **on) for on in ways}
        if drawn[""] is not None:
            shown[view.section].append(view)
            figures[view.name] = drawn
    return shown, figures


def _ways(switches: Mapping[str, str]) -> list[dict[str, bool]]:
    """Every combination of a view's switches, none first."""
    picks = [pick for size in range(len(switches) + 1) for pick in combinations(switches, size)]
    return [dict.fromkeys(pick, True) for pick in picks]


def _counts(frames: StudyFrames, objective: Objective) -> Words:
    study, trials, points, finals = frames.study, frames.trials, frames.progress, frames.finals
    limits = study.settings.get("budget") or {}
    budget = []
    networks = summary.networks_of(study)
    used = summary.budget_used(trials, points, study.seconds, limits, networks)
    for row in used.to_dict("records"):
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
    return {"states": states, "budget": budget, "finals": tested, "best": _best(frames, objective)}


def _best(frames: StudyFrames, objective: Objective) -> list[Words]:
    """The best trials as the table of the report tells them."""
    best = objective.ranked(frames.trials).head(LISTED)
    last = frames.progress.groupby("trial")["epoch"].max()
    return [
        {
            "number": row["number"],
            "state": row["state"],
            "value": objective.text(row["best_value"]),
            "epoch": _amount(row["best_epoch"]),
            "last": objective.text(row["last_value"]),
            "last_epoch": _amount(row["last_epoch"]),
            "params": _short(row["params"]),
            "macs": _short(row["macs"]),
            "seconds": duration(row["seconds"]),
        }
        for row in best.assign(last_epoch=best["number"].map(last)).to_dict("records")
    ]


def _curves_note(frames: StudyFrames, objective: Objective, number: int | None) -> str:
    ranked = objective.ranked(
        frames.trials[frames.trials["number"].isin(frames.progress["trial"])]
    )
    best = ranked["number"].head(1).tolist()
    chosen = f"; the finals chose trial {number}" if best and [number] != best else ""
    most = (
        f" Of {len(ranked):,} trials {MOST} are drawn, evenly from the best to the worst."
        if len(ranked) > MOST
        else ""
    )
    did = f" Trial {best[0]} did best in the search{chosen}." if best else ""
    return f"{VIEWS['learning-curves'].caption}{did}{most}"


def _seeds(frames: StudyFrames) -> dict[str, str]:
    """What the bands behind the best so far are, where there are any."""
    return {
        view.name: f"{view.caption}{seeds_text(len(frames.others))}"
        for view in VIEWS.values()
        if "others" in view.needs
    }


def _effects(trials: pd.DataFrame) -> Words:
    ranking = holes.effects(trials)
    return {
        "no_holes": "Fewer than two trials have a value, or no hole differs between them.",
        "effects": [
            row | {"share": round(100 * row["effect"])}
            for row in ranking.head(EFFECTS).to_dict("records")
            if len(counted(trials)) >= LEAST
        ],
        "more_effects": max(0, len(ranking) - EFFECTS),
    }


def _network(trials: pd.DataFrame, architectures: pd.DataFrame, number: int | None) -> Words:
    none = dict.fromkeys(("diagram", "layers", "network_note"), "")
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
    }


def _amount(number: float) -> str:
    return NONE if isnan(number) else f"{number:,.2f}".rstrip("0").removesuffix(".")


def _short(number: float) -> str:
    import pandas as pd

    return NONE if pd.isna(number) else short(number)


def _value(metric: str, value: float) -> str:
    return Objective(metric).text(value)


def _range(metric: str, low: float, high: float) -> str:
    if isnan(low) or isnan(high):
        return NONE
    return f"{_value(metric, low)} to {_value(metric, high)}"
