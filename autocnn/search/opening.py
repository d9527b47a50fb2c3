"""Find the study that a command continues, or start it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.options import DataOptions, Folds
from autocnn.errors import Problem, SpaceError
from autocnn.search.choice import ENSEMBLE
from autocnn.search.constraints import Constraints, Latency
from autocnn.search.environment import environment
from autocnn.search.objectives import Objectives
from autocnn.search.settings import Budget, SearchOptions
from autocnn.search.starts import KEY, LEFT_OUT, first_candidates, kept
from autocnn.search.strategies import STRATEGIES
from autocnn.space import Space, difference
from autocnn.store import NewStudy, Store, StudyRecord
from autocnn.training.metrics import metric_of

if TYPE_CHECKING:
    from autocnn.data import Dataset

CONTINUES = "continues"
"""The setting that says which finished study a study goes on from."""

OWNER = "study.id"
"""The file in a study's folder with its id and store: several stores may lie side by side."""


def open_or_create(
    store: Store,
    space: Space,
    dataset: Dataset,
    *,
    new: bool,
    progress: Callable[[str, float], None] | None = None,
) -> StudyRecord:
    """The study of this space and these data, made where it is not there.

    With `new` a free name is taken (`fashion-2`, `fashion-3`, ...). A finished study is closed:
    where the budget is larger than its own, the study that goes on from it is opened or made.
    Raises SpaceError (Y37) if the study of that name is about another space or other data,
    saying what differs, a new one's objective (Y34) is the same for all networks, or its strategy
    (Y33) cannot search such a space, and StoreError (P09) if its folder is another store's.
    """
    known = store.study(space.name)
    if known is None or new:
        _refuse_misfit(space, dataset)
    if known is None or new:
        name = space.name if known is None else free_name(store, space.name)
        _refuse_owned(store, name)
        firsts = kept(first_candidates(space, dataset, store))
        fresh = _new_study(name, space, dataset, progress)
        return store.create_study(replace(fresh, settings={**fresh.settings, **firsts}))
    _refuse_other(known, space, dataset)
    for study in line_of(store, known):
        if study.state != "finished" or _covers(study, space):
            return study
    fresh = _new_study(free_name(store, known.name), space, dataset, progress)
    firsts = {name: study.settings.get(name, []) for name in (KEY, LEFT_OUT)}
    settings = {**fresh.settings, **firsts, CONTINUES: _earlier(store, study)}
    return store.create_study(replace(fresh, settings=settings), after=study)


def line_of(store: Store, study: StudyRecord) -> list[StudyRecord]:
    """A study and those that go on from one another after it, the oldest first."""
    after = {other.settings.get(CONTINUES, {}).get("study"): other for other in store.studies()}
    line = [study]
    while line[-1].id in after:
        line.append(after[line[-1].id])
    return line


def seconds_before(study: StudyRecord) -> float:
    """How many of a study's seconds were spent by those that it goes on from."""
    return float(study.settings.get(CONTINUES, {}).get("seconds", 0.0))


def earlier_readings(study: StudyRecord) -> dict[str, float]:
    """What those which it goes on from read on the test part, by their names."""
    readings = study.settings.get(CONTINUES, {}).get("readings", [])
    return {row["study"]: row["value"] for row in readings}


def _refuse_misfit(space: Space, dataset: Dataset) -> None:
    """Raise where the space, its objective or its strategy does not suit the data."""
    task = space.section(DataOptions).task.word
    if task != dataset.task.word:
        text = f"the space is for {task}, the data for {dataset.task.word}"
        raise SpaceError(Problem("Y30", text, "data.task", space.file))
    if problem := refusal(space, dataset.shape):
        raise SpaceError(problem)
    metric_of(space.section(Objectives).metric, len(dataset.classes), task)


def refusal(space: Space, shape: tuple[int, ...]) -> Problem | None:
    """Why a space cannot be searched as it says (Y33) for images of this shape (Y30), or None."""
    search, objectives = space.section(SearchOptions), space.section(Objectives)
    if text := space.section(Constraints).missing(objectives.wanted):
        return Problem("Y07", text, "constraints.latency_ms.runtime", space.file)
    if text := search.strategy.refusal(space.holes):
        return Problem("Y33", text, "search.strategy", space.file)
    if search.screen is not None and search.strategy.exhaustive:
        text = (
            f"{search.strategy.word!r} tries all there is; leave out `screen`, or draw at random"
        )
        return Problem("Y33", text, "search.screen", space.file)
    if objectives.several and search.stopping.curves:
        text = f"{search.stopping.word!r} follows one score of a trial, and there are several"
        text += " objectives; 'asha' compares trials by what dominates what"
        return Problem("Y33", text, "search.stopping", space.file)
    folds = isinstance(space.section(DataOptions).validation, Folds)
    if search.inherit and folds:
        text = "weights are not handed on in a cross-validation; leave out `inherit` or the folds"
        return Problem("Y33", text, "search.inherit", space.file)
    if search.fidelity is not None and folds:
        text = "the result of a cross-validation is that of its trials, which must be of the whole"
        return Problem("Y33", f"{text}; leave out one", "search.fidelity", space.file)
    if search.fidelity is not None and (text := search.fidelity.misfit(shape)):
        return Problem("Y30", text, "search.fidelity.size", space.file)
    return None


def ineffective(space: Space) -> list[str]:
    """What a space asks for that its search cannot do, and what could."""
    search, constraints = space.section(SearchOptions), space.section(Constraints)
    found = []
    if search.inherit and not search.strategy.mutates:
        able = ", ".join(sorted(name for name, strategy in STRATEGIES.items() if strategy.mutates))
        text = f"{search.strategy.word!r} makes no candidate from another one, so no weights are"
        found.append(f"search.inherit changes nothing: {text} handed on; these do: {able}")
    wanted = space.section(Objectives).wanted
    if constraints.latency_ms != Latency() and not constraints.measures_latency(wanted):
        text = "no `max` limits it, and no objective wants it"
        found.append(f"constraints.latency_ms changes nothing: {text}")
    return found


def _refuse_other(known: StudyRecord, space: Space, dataset: Dataset) -> None:
    changes = difference(known.identity, space.identity())
    if known.data_fingerprint != dataset.fingerprint:
        changes.append(f"data: {known.data_fingerprint[:12]} -> {dataset.fingerprint[:12]}")
    if changes:
        lines = "".join(f"\n  {change}" for change in changes)
        text = f"the study {known.name!r} was made from another space or other data:{lines}\n"
        hint = "use --new for a new study, or give it another name with `study:`"
        raise SpaceError(Problem("Y37", text + hint, "study", space.file))


def _covers(study: StudyRecord, space: Space) -> bool:
    """Whether a study had at least the budget that the space gives; no limit is more than any."""
    had, given = study.settings["budget"], space.section(Budget).to_json()
    return all(
        had.get(name) is None or (limit is not None and limit <= had[name])
        for name, limit in given.items()
    )


def _earlier(store: Store, study: StudyRecord) -> dict[str, Any]:
    """What a study that goes on from a finished one records about it.

    `readings` are the values that the test part gave before, the oldest first.
    """
    readings = [
        {"study": study.name, "metric": row.metric, "value": row.value}
        for row in store.finals(study.id)
        if row.split == "test" and ENSEMBLE not in row.details
    ]
    return {
        "study": study.id,
        "name": study.name,
        "trials": len(store.trials(study.id)),
        "seconds": study.seconds,
        "readings": [*study.settings.get(CONTINUES, {}).get("readings", []), *readings],
    }


def free_name(store: Store, name: str) -> str:
    """`name-2`, or the next number that no study has, nor one of another store in this folder."""
    taken = {study.name for study in store.studies()}
    names = (f"{name}-{i}" for i in itertools.count(2))
    return next(name for name in names if name not in taken and not _is_owned(store, name))


def study_folder(store: Store, study: StudyRecord) -> Path:
    """Where checkpoints, bundle and report of a study lie: a folder of its name, its alone.

    Raises StoreError (P09) where that is the folder of another store's study of this name.
    """
    folder, owner = store.folder / study.name, f"{study.id}\n{_place(store)}"
    _refuse_owned(store, study.name, by=study.id)
    if _owner(store, study.name) != owner:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / OWNER).write_text(owner, encoding="utf-8")
    return folder


def _owner(store: Store, name: str) -> str:
    """What lies in the folder of this name about its study; empty where there is nothing."""
    file = store.folder / name / OWNER
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _place(store: Store) -> str:
    """The store as its folder knows it, which may be moved with all that is in it."""
    return store.location.file.name if store.location.file else str(store.location)


def _is_owned(store: Store, name: str, by: str = "") -> bool:
    """Whether the folder of this name is that of another store's study, not of that with id `by`.

    Where its database is gone it is nobody's.
    """
    owner, _, place = _owner(store, name).partition("\n")
    if owner in ("", by) or place == _place(store):
        return False
    return "://" in place or (store.folder / place).exists()


def _refuse_owned(store: Store, name: str, by: str = "") -> None:
    """Raise StoreError (P09) where the folder of this name is that of another store's study."""
    if _is_owned(store, name, by):
        text = (
            f"the folder {store.folder / name} is that of a study of another store; give another "
            "--study, or a --store in another folder; if that study is gone, remove its folder"
        )
        raise store.location.error("P09", text)


def _new_study(
    name: str,
    space: Space,
    dataset: Dataset,
    progress: Callable[[str, float], None] | None,
) -> NewStudy:
    from autocnn.training import measure_plan

    identity = space.identity()
    seconds = space.section(Budget).time or math.inf
    return NewStudy(
        name=name,
        space=space.text,
        identity=identity,
        digest=space.digest,
        settings=settings(space),
        data_fingerprint=dataset.fingerprint,
        data=dataset.to_json(),
        environment=environment(),
        plan=measure_plan(progress=progress, seconds=seconds).to_json(),
        seed=space.section(SearchOptions).seed,
    )


def settings(space: Space, study: StudyRecord | None = None) -> dict[str, Any]:
    """The sections of a space that say how to search, every option spelled out.

    What else a known study has in its settings is kept: the budget may change between runs.
    """
    sections = {name: section.to_json() for name, section in space.sections.items()}
    return {**(study.settings if study else {}), **sections}
