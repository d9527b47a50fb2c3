"""A study of the store as a standard Optuna study, for anyone's tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from autocnn.errors import Problem, StoreError
from autocnn.fidelity_text import fidelity_text
from autocnn.search.front import placed
from autocnn.search.objectives import Objectives
from autocnn.search.shown import FEASIBLE
from autocnn.search.suggest import distribution
from autocnn.space import Space
from autocnn.store import Store, StudyRecord, TrialRecord, any_location, plain_errors

STATES: Mapping[str, TrialState] = {
    "waiting": TrialState.WAITING,
    "running": TrialState.RUNNING,
    "paused": TrialState.PRUNED,
    "completed": TrialState.COMPLETE,
    "stopped": TrialState.COMPLETE,
    "infeasible": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


WITH_VALUES = (TrialState.COMPLETE, TrialState.PRUNED)


def to_optuna(
    store: Store, study: StudyRecord, space: Space, storage: str | None = None
) -> optuna.Study:
    """Make an Optuna study of the same name, in memory or in the storage at a URL.

    Hole values become parameters, points become intermediate values at the training images seen;
    what a stopping rule ended or left waiting is PRUNED; a duplicate has the state and value of
    the trial that it repeats. User attributes say what Optuna has no place for. Raises StoreError
    if the storage has a study of that name or cannot be used.
    """
    objectives = space.section(Objectives)
    with nullcontext() if storage is None else plain_errors(any_location(storage)):
        return _convert(store, study, space, objectives, storage)


def _convert(
    store: Store, study: StudyRecord, space: Space, objectives: Objectives, storage: str | None
) -> optuna.Study:
    try:
        made = optuna.create_study(
            study_name=study.name, storage=storage, directions=list(objectives.wanted.values())
        )
    except optuna.exceptions.DuplicatedStudyError as error:
        text = f"the storage has a study {study.name!r} already"
        raise StoreError(Problem("Y37", text, "storage")) from error
    except ImportError as error:
        text = "the storage's database needs a driver that is not installed"
        raise StoreError(Problem("Y36", text, "storage")) from error
    made.set_user_attr("metric", objectives.metric)
    if objectives.several:
        made.set_user_attr("objectives", list(objectives.wanted))
    made.set_user_attr("space_digest", study.digest)
    made.set_user_attr("data_fingerprint", study.data_fingerprint)
    if less := fidelity_text(study.settings):
        made.set_user_attr("fidelity", less)
    trials = store.trials(study.id)
    points: dict[int, dict[int, float]] = {}
    lasts: dict[int, datetime] = {}
    for point in store.progress(study.id):
        lasts[point.trial] = max(point.created, lasts.get(point.trial, point.created))
        value = point.metrics.get(objectives.metric)
        if value is not None:
            points.setdefault(point.trial, {})[point.images] = value
    values = {trial.number: [trial.best_value] for trial in trials if trial.best_value is not None}
    if objectives.several:
        values = {entry.trial: list(entry.values.values()) for entry in placed(store, study)}
        points.clear()  # Optuna has no place for these where there are several objectives
    made.add_trials(
        [
            _frozen(trial, trials, space, points, values, lasts.get(trial.number))
            for trial in trials
        ]
    )
    return made


def _frozen(
    trial: TrialRecord,
    trials: Sequence[TrialRecord],
    space: Space,
    points: Mapping[int, Mapping[int, float]],
    values: Mapping[int, Sequence[float]],
    last: datetime | None,
) -> FrozenTrial:
    repeats = trial.state == "duplicate" and trial.parent is not None
    source = trials[trial.parent] if repeats and trial.parent is not None else trial
    state = STATES[source.state]
    if source.reason == "not-promoted":
        state = TrialState.PRUNED
    if state is TrialState.COMPLETE and source.number not in values:
        state = TrialState.FAIL  # patience without one point that could be measured
    frozen = create_trial(
        state=state,
        values=values.get(source.number) if state in WITH_VALUES else None,
        params=dict(trial.values),
        distributions={name: distribution(space.hole(name)) for name in trial.values},
        intermediate_values=dict(points.get(trial.number, {})),
        user_attrs=_attributes(trial),
        constraints={FEASIBLE: 1.0} if trial.state == "infeasible" else None,
    )
    frozen.number = trial.number
    if state is not TrialState.WAITING:
        frozen.datetime_start = _local(trial.started or trial.created)
    if state.is_finished():
        frozen.datetime_complete = _local(trial.finished or last or trial.started or trial.created)
    return frozen


def _attributes(trial: TrialRecord) -> dict[str, Any]:
    """What Optuna has no place for; what is not known of a trial is left out."""
    found = {
        "state": trial.state,
        "reason": trial.reason,
        "detail": trial.detail or None,
        "candidate_digest": trial.candidate_digest,
        "architecture_digest": trial.architecture,
        "repeats" if trial.state == "duplicate" else "parent": trial.parent,
        "seed": trial.seed,
        "images": trial.images,
        "horizon": trial.horizon,
        "best_images": trial.best_images,
        "seconds": trial.seconds,
    }
    return {name: value for name, value in found.items() if value is not None}


def _local(moment: datetime) -> datetime:
    """Optuna keeps local times without a zone."""
    return moment.astimezone().replace(tzinfo=None)
