"""The best candidates of earlier studies whose data are alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from autocnn.search.objectives import Objectives
from autocnn.search.starts.fit import Start, fits
from autocnn.space import Space

if TYPE_CHECKING:
    from autocnn.store import Store, StudyRecord

STUDIES = 3
"""So many earlier studies are asked, those with the nearest data first."""

OF_EACH = 3
"""So many candidates of each are taken."""

SIZES, CLASSES, IMAGES = 1.5, 2.0, 4.0
"""Data are alike if height and width, classes and images differ by these factors at most."""


def earlier_best(store: Store, space: Space, data: Mapping[str, Any]) -> Iterator[Start]:
    """The best of each study that was about alike data with the same objective and holes."""
    shape, classes = tuple(data["shape"]), len(data["classes"])
    objectives = space.section(Objectives).to_json()
    asked = [
        (distance, -study.created.timestamp(), study)
        for study in store.studies()
        if study.settings.get("objectives") == objectives
        and (distance := apart(study.data, data)) is not None
    ]
    for _, _, study in sorted(asked, key=lambda entry: entry[:2])[:STUDIES]:
        for number, values in _best(store, study):
            if fits(space, values, shape, classes):
                yield Start(f"trial {number} of the study {study.name!r}", values)


def _best(store: Store, study: StudyRecord) -> list[tuple[int, Mapping[str, Any]]]:
    """The best trials by validation: those of the finals, then those of the search."""
    sign = Objectives.model_validate(study.settings["objectives"]).sign
    trials = [trial for trial in store.trials(study.id) if trial.counts]
    won = {row.trial for row in store.finals(study.id) if "objective" in row.details}
    trials.sort(key=lambda t: (t.number not in won, -sign * (t.best_value or 0.0)))
    return [(trial.number, trial.values) for trial in trials[:OF_EACH]]


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> float | None:
    """How far two data sets are apart, 0 being alike, or None if too far to learn from."""
    if one.get("task") != other.get("task") or one["shape"][0] != other["shape"][0]:
        return None
    pairs = [
        (one["shape"][1], other["shape"][1], SIZES),
        (one["shape"][2], other["shape"][2], SIZES),
        (len(one["classes"]), len(other["classes"]), CLASSES),
        (one["images"]["train"], other["images"]["train"], IMAGES),
    ]
    parts = [abs(math.log(a / b)) / math.log(most) for a, b, most in pairs]
    return sum(parts) if max(parts) <= 1 else None
