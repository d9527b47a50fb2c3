"""What the command line and Python users call: load a space, search it, open a study."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.errors import StoreError

if TYPE_CHECKING:
    import optuna

    from autocnn.data import Dataset
    from autocnn.search.measure import Score
    from autocnn.search.reading import Outcome
    from autocnn.search.snapshot import Snapshot
    from autocnn.space import Candidate, Language, Space
    from autocnn.store import Store, StudyRecord

Progress = Callable[[str, float], None]


@cache
def language() -> Language:
    """The whole language: layers, blocks, recipe and the sections of a space."""
    from autocnn.data import DataOptions
    from autocnn.network import BLOCKS, LAYERS
    from autocnn.search.constraints import Constraints
    from autocnn.search.objectives import Objectives
    from autocnn.search.settings import Budget, SearchOptions
    from autocnn.space import Language
    from autocnn.training import Recipe

    return Language(
        layers=LAYERS,
        recipe=Recipe,
        blocks=BLOCKS,
        sections={
            "data": DataOptions,
            "search": SearchOptions,
            "budget": Budget,
            "constraints": Constraints,
            "objectives": Objectives,
        },
    )


def load_space(
    source: str | Path | Mapping[str, Any],
    *,
    overrides: Sequence[str] = (),
    allow_imports: bool = False,
) -> Space:
    """Read a space from a file, a YAML text or a mapping.

    `overrides` are `path=value` as for `--set`. With `allow_imports` the modules that it names
    under `imports` are imported, which runs their code; else they must have been before. Raises
    SpaceError with every problem it finds.
    """
    from autocnn.space import imports_allowed
    from autocnn.space import load_space as load

    with imports_allowed(allow_imports):
        return load(source, language(), overrides=overrides)


def open_data(space: Space, *, progress: Progress | None = None) -> Dataset:
    """The data of a space; relative paths are meant from the folder of its file."""
    from autocnn.data import DataOptions
    from autocnn.data import open_data as open_source

    base = Path(space.file).parent if space.file else Path.cwd()
    return open_source(space.section(DataOptions), base=base, progress=progress)


@dataclass(frozen=True)
class SearchResult:
    """What a search left: all of it lies in the store and in the study's folder.

    `state` is finished or interrupted, `signal` what interrupted it, `continued` says that the
    study was there before, and `already` that it was finished then. `earlier` has what
    studies which this one goes on from read on the test part, by name, `controls` what those of
    equal seconds came to, if the space asks for them. `outcome`,
    `candidate`, `bundle` and `report` are None after an interruption; so is `ensemble` where no
    several networks were better than the best one.
    """

    study: str
    store: str
    state: str
    signal: int | None = None
    continued: bool = False
    already: bool = False
    earlier: Mapping[str, float] = field(default_factory=dict)
    controls: Sequence[Mapping[str, Any]] = ()
    outcome: Outcome | None = None
    candidate: Candidate | None = None
    bundle: Path | None = None
    ensemble: Path | None = None
    report: Path | None = None

    @property
    def validation(self) -> Score | None:
        """How good the winner is on the validation part, on which it was chosen."""
        return None if self.outcome is None else self.outcome.validation

    @property
    def test(self) -> Score | None:
        """How good the bundle is on the test part, read once."""
        return None if self.outcome is None else self.outcome.test


def run_search(
    space: Space | str | Path | Mapping[str, Any],
    *,
    store: Store | str | None = None,
    overrides: Sequence[str] = (),
    new: bool = False,
    dataset: Dataset | None = None,
    watch: Callable[[Snapshot], None] | None = None,
    progress: Progress | None = None,
    started: float | None = None,
    allow_imports: bool = False,
    report: bool = True,
) -> SearchResult:
    """Search a space: trials, finals, bundle and report, all within `budget.time` if it is given.

    A study of the same name and space is continued; with `new` another one is made, and with a
    larger budget than that of a finished one another one that goes on from its trials. `dataset`
    stands in for the space's own data. `watch` sees the search go on, `progress` what is prepared
    before it. `started` (by `time.monotonic`) is when the budget began, by default now.
    `allow_imports` lets the space import modules, see `load_space`. Without `report` neither the
    report nor its pictures are made. Raises SpaceError, DataError, StoreError and
    NoTrialSucceeded.
    """
    from autocnn.closing import close, report_of
    from autocnn.data import DataOptions
    from autocnn.search.opening import open_or_create
    from autocnn.search.run import Run, run_study
    from autocnn.space import Space
    from autocnn.store import Store, open_store

    started = time.monotonic() if started is None else started
    if not isinstance(space, Space):
        space = load_space(space, overrides=overrides, allow_imports=allow_imports)
    dataset = dataset or open_data(space, progress=progress)
    opened = store if isinstance(store, Store) else open_store(store)
    known = {study.id for study in opened.studies()}
    study = open_or_create(opened, space, dataset, new=new, progress=progress)
    signal, already = None, study.state == "finished"
    if not already:
        run = Run(
            space=space,
            dataset=dataset,
            store=opened,
            study=study,
            started=started,
            watch=watch or (lambda snapshot: None),
            rehearse=lambda: report_of(opened, study) if report else None,
            close=lambda outcome, hold: close(
                opened, study, dataset, space.section(DataOptions), outcome, hold, report
            ),
        )
        signal = run_study(run)
    continued = study.id in known
    if signal is None:
        signal = _add_controls(opened, study.name, space, dataset, watch, report)
    if signal is not None:
        return SearchResult(study.name, str(opened.location), "interrupted", signal, continued)
    result = finished_result(opened, study_of(opened, study.name))
    return replace(result, continued=continued, already=already)


def _add_controls(
    store: Store,
    name: str,
    space: Space,
    dataset: Dataset,
    watch: Callable[[Snapshot], None] | None,
    report: bool,
) -> int | None:
    """Run the controls that the space asks for, if they are still to come; a signal that came."""
    from autocnn.closing import report_of
    from autocnn.controls import KEY, add_controls
    from autocnn.search.settings import SearchOptions

    study = study_of(store, name)
    if not space.section(SearchOptions).controls or KEY in study.settings:
        return None
    signal = add_controls(
        store,
        study,
        space,
        lambda changed: run_search(
            changed, store=store, dataset=dataset, watch=watch, report=report
        ),
    )
    if signal is None and report:
        report_of(store, study)
    return signal


def finished_result(store: Store, study: StudyRecord) -> SearchResult:
    """What a finished study has in the store; raises NoTrialSucceeded if that is nothing."""
    from autocnn.controls import KEY
    from autocnn.errors import NoTrialSucceeded
    from autocnn.search.choice import Choice, predicting
    from autocnn.search.opening import earlier_readings
    from autocnn.search.reading import read_outcome
    from autocnn.training import read_candidate_json

    choice = Choice.of(study.settings)
    if choice is None:
        raise NoTrialSucceeded(f"the study {study.name!r} ended without a trained network")
    outcome = read_outcome(store, study, choice)
    trial = store.trials(study.id)[outcome.number]
    assert trial.candidate is not None
    paths = {row.kind: store.folder / row.path for row in store.artifacts(study.id)}
    return SearchResult(
        study=study.name,
        store=str(store.location),
        state="finished",
        continued=True,
        already=True,
        earlier=earlier_readings(study),
        controls=study.settings.get(KEY, ()),
        outcome=outcome,
        candidate=predicting(read_candidate_json(trial.candidate), outcome.tta),
        bundle=paths.get("bundle"),
        ensemble=paths.get("ensemble"),
        report=paths.get("report"),
    )


def study_of(store: Store, name: str) -> StudyRecord:
    """The study of that name; raises StoreError with the nearest name if there is none."""
    from autocnn.errors import suggest

    study = store.study(name)
    if study is None:
        names = [known.name for known in store.studies()]
        known = ", ".join(names) if names else "none"
        raise StoreError(f"no study {name!r} here{suggest(name, names)}; known: {known}")
    return study


def open_study(name: str, store: str | None = None) -> tuple[Store, StudyRecord]:
    """The store and the record of a study, for reading; raises StoreError if it is not there."""
    from autocnn.store import open_store

    opened = open_store(store, create=False)
    return opened, study_of(opened, name)


def to_optuna(
    study: str,
    store: str | None = None,
    storage: str | None = None,
    *,
    allow_imports: bool = False,
) -> optuna.Study:
    """A study as a standard Optuna study: in memory, or written to the `storage` at a URL.

    `allow_imports` lets its space import modules, see `load_space`. Raises StoreError if there is
    no such study, or one of its name in the storage, and SpaceError for modules not allowed.
    """
    from autocnn.search.to_optuna import to_optuna as convert

    opened, record = open_study(study, store)
    space = load_space(f"{record.space}\n", allow_imports=allow_imports)
    return convert(opened, record, space, storage)
