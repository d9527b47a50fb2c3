"""The trials of a study that no other dominates, read from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autocnn import pareto
from autocnn.search.costs import MEASURED
from autocnn.search.objectives import Objectives
from autocnn.store import Store, StudyRecord


@dataclass(frozen=True)
class Placed:
    """A trial with what it came to in every objective, and its scores, higher being better."""

    trial: int
    values: Mapping[str, float]
    scores: tuple[float, ...]


def objectives_of(study: StudyRecord) -> Objectives:
    """The objectives that a study was made with."""
    return Objectives.model_validate(study.settings.get("objectives", {}))


def placed(store: Store, study: StudyRecord) -> list[Placed]:
    """The trials with a value for each of several objectives at their best point, by number."""
    objectives = objectives_of(study)
    if not objectives.several:
        return []
    trials = store.trials(study.id)
    points = {(point.trial, point.images): point.metrics for point in store.progress(study.id)}
    found = []
    for trial in trials:
        if trial.state in ("failed", "duplicate") or trial.best_images is None:
            continue
        costs = trial.notes.get(MEASURED, {})
        metrics = points[trial.number, trial.best_images]
        if scores := objectives.scores(metrics, costs):
            every = {**metrics, **costs}
            values = {name: every[name] for name in objectives.wanted}
            found.append(Placed(trial.number, values, scores))
    return found


def front(store: Store, study: StudyRecord) -> list[Placed]:
    """The trials that no other dominates, the knee first; none where there is one objective."""
    every = placed(store, study)
    if not every:
        return []
    points = [entry.scores for entry in every]
    best = pareto.ranks(points) == 0
    return [every[index] for index in pareto.order(points) if best[index]]
