"""Find the study that a command continues, or start it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.errors import Problem, SpaceError
from autocnn.search.environment import environment
from autocnn.space import Space, difference
from autocnn.store import NewStudy, Store, StudyRecord

if TYPE_CHECKING:
    from autocnn.data import Dataset


def open_or_create(store: Store, space: Space, dataset: Dataset, *, new: bool) -> StudyRecord:
    """The study of this space and these data, made where it is not there.

    With `new` a free name is taken (`fashion-2`, `fashion-3`, ...). Raises SpaceError (Y37) if the
    study of that name is about another space or other data, saying what differs.
    """
    known = store.study(space.name)
    if known is None or new:
        name = space.name if known is None else free_name(store, space.name)
        return store.create_study(_new_study(name, space, dataset))
    changes = difference(known.identity, space.identity())
    if known.data_fingerprint != dataset.fingerprint:
        changes.append(f"data: {known.data_fingerprint[:12]} -> {dataset.fingerprint[:12]}")
    if changes:
        lines = "".join(f"\n  {change}" for change in changes)
        text = f"the study {known.name!r} was made from another space or other data:{lines}\n"
        hint = "use --new for a new study, or give it another name with `study:`"
        raise SpaceError(Problem("Y37", text + hint, "study", space.file))
    return known


def free_name(store: Store, name: str) -> str:
    """`name-2`, or the next number that no study has."""
    taken = {study.name for study in store.studies()}
    return next(f"{name}-{i}" for i in range(2, len(taken) + 3) if f"{name}-{i}" not in taken)


def study_folder(store: Store, study: StudyRecord) -> Path:
    """Where checkpoints, bundle and report of a study lie: a folder of its name."""
    folder = store.folder / study.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _new_study(name: str, space: Space, dataset: Dataset) -> NewStudy:
    from autocnn.training import measure_plan

    identity = space.identity()
    return NewStudy(
        name=name,
        space=space.text,
        identity=identity,
        digest=space.digest,
        settings=settings(space),
        data_fingerprint=dataset.fingerprint,
        data=dataset.to_json(),
        environment=environment(),
        plan=measure_plan().to_json(),
        seed=space.sections["search"].seed,  # type: ignore[attr-defined]
    )


def settings(space: Space) -> dict[str, Any]:
    """The sections of a space that say how to search, every option spelled out."""
    return {name: section.to_json() for name, section in space.sections.items()}
