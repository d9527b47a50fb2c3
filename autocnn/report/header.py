"""The words at the top of the page: what was searched, and the result with its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autocnn.fidelity_text import fidelity_text
from autocnn.report.layers import shape_text, short
from autocnn.report.objective import Objective, duration
from autocnn.report.outputs import things
from autocnn.report.summary import Result, results, state_of

if TYPE_CHECKING:
    import pandas as pd

    from autocnn.store import StudyRecord


def lede(study: StudyRecord, trials: pd.DataFrame, number: int | None) -> str:
    """How much was tried on which data, in which study before, and which network came out."""
    shape, names = study.data.get("shape"), study.data.get("classes") or ()
    about = [shape_text(shape)] if shape else []
    about += [f"{len(names)} {things(study, len(names))}"] if len(names) else []
    source = study.data.get("source") or "the data"
    on = f" on {source}" + (f" ({', '.join(about)})" if about else "")
    plural = "trial" if len(trials) == 1 else "trials"
    first = f"{len(trials):,} {plural} in {duration(study.seconds)}{on}."
    if state_of(study) == "running":
        first += " The search goes on; this is how it stands."
    first += _before(study) + _fidelity(study) + _controls(study)
    if number is None:
        bad = len(trials) and trials["state"].isin(["failed", "infeasible"]).all()
        return first + (
            " None of them gave a network; the reasons stand under Failures."
            if bad
            else " No trial has a value yet."
        )
    best = trials[trials["number"] == number].iloc[0]
    if best[["params", "macs"]].isna().any():
        return f"{first} The best network is trial {number}."
    return (
        f"{first} The best network is trial {number}, with {short(best['params'])} parameters and "
        f"{short(best['macs'])} multiply-adds for one image."
    )


def result_words(
    study: StudyRecord,
    trials: pd.DataFrame,
    finals: pd.DataFrame,
    objective: Objective,
    number: int | None,
) -> list[dict[str, Any]]:
    """One card per split: label, value, interval, its place on a common strip, what it means."""
    if number is None:
        return []
    images = study.data.get("images") or {}
    found = results(trials, finals, objective, number, images)
    ends = [end for result in found for end in (result.low, result.high) if end is not None]
    cards = []
    for result in found:
        says = Objective(result.metric, objective.maximize)
        what = result.metric.removeprefix("val_").replace("_", " ")
        cards.append(
            {
                "label": f"{result.split.capitalize()} {what}",
                "text": says.text(result.value),
                "low_text": says.text(result.low),
                "high_text": says.text(result.high),
                "strip": _strip(result, says, ends),
                "note": _note(study, result, found, len(trials), images.get("validation", 0)),
                "meaning": meaning(result.kind, result.images, len(result.seeds)),
            }
        )
    return cards


def meaning(kind: str | None, images: int, seeds: int) -> str:
    """One sentence on what an interval of this kind covers and what it does not."""
    over = f" over {images:,} images" if images else ""
    if kind == "wilson":
        return (
            f"95 % Wilson interval{over}: the accuracies on all images of this kind that fit what "
            "this one trained network did on these. How much another training run would differ "
            "is not in it."
        )
    if kind == "bootstrap":
        return (
            f"95 % bootstrap interval{over}: where the value would lie on other images of this "
            "kind, found by drawing from these again. How much another training run would differ "
            "is not in it."
        )
    if kind == "t":
        return (
            f"95 % t-interval over {seeds} training runs with different seeds: where the mean "
            "over many such runs lies. That the images are only a sample is not in it."
        )
    return "No interval belongs to this value."


def _before(study: StudyRecord) -> str:
    """One more sentence where the study goes on from a finished one."""
    earlier = study.settings.get("continues")
    if not earlier:
        return ""
    plural = "trial" if earlier["trials"] == 1 else "trials"
    return (
        f" It goes on from the study {earlier['name']!r} with its {earlier['trials']:,} {plural} "
        f"and {duration(earlier['seconds'])}."
    )


def _fidelity(study: StudyRecord) -> str:
    """One more sentence where trials were trained on less than the whole."""
    less = fidelity_text(study.settings)
    if not less:
        return ""
    return f" Trials were trained on {less}, which ranks networks; the finals train them in full."


def _controls(study: StudyRecord) -> str:
    """What the controls of equal seconds came to."""
    return "".join(
        f" Given as many seconds, {row['control']} came to "
        f"{Objective(row['metric']).text(row['value'])} on {row['split']}."
        for row in study.settings.get("controls", [])
    )


def _readings(study: StudyRecord) -> str:
    """Which studies that this one goes on from read the test part, and what they found."""
    readings = study.settings.get("continues", {}).get("readings", [])
    return " and ".join(
        f"{row['study']!r} ({Objective(row['metric']).text(row['value'])})" for row in readings
    )


def _note(
    study: StudyRecord, result: Result, results: Sequence[Result], trials: int, validation: int
) -> str:
    if result.split == "test":
        note = "The test images were read once, after the choice was made"
        if readings := _readings(study):
            note = (
                f"The test images had been read before, by {readings}; this study read them once"
            )
        if result.seeds != results[0].seeds:
            note += ", by the network trained again on train and validation together"
        return f"{note}."
    best = f"the best of {trials:,} trials" if trials > 1 else "the only trial"
    if not result.seeds:
        text = f"From the search, before any finals: {best} on these images"
        return f"{text}, so it is too optimistic."
    said = "Trained on train alone; these images"
    if 0 < result.images < validation:
        said = "What the finals did not learn of validation; these images"
    return f"{said} chose {best}, so it is a little optimistic."


def _strip(
    result: Result, objective: Objective, ends: Sequence[float]
) -> dict[str, float | str] | None:
    """Where value and interval lie on a strip that all results share, in percent."""
    if result.low is None or result.high is None:
        return None
    room = 0.25 * (max(ends) - min(ends)) or 0.01
    left, right = min(ends) - room, max(ends) + room
    if objective.is_share:
        left, right = max(left, 0.0), min(right, 1.0)

    def place(value: float) -> float:
        return round(100 * (value - left) / (right - left), 2)

    return {
        "low": place(result.low),
        "value": place(result.value),
        "width": round(place(result.high) - place(result.low), 2),
        "left": objective.text(left),
        "right": objective.text(right),
    }
