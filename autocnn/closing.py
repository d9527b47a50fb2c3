"""How a study is closed: its bundle, its pictures and its report are written and recorded."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.report import write_report
from autocnn.reuse import Measure, save_bundle
from autocnn.reuse.ensemble import save_ensemble
from autocnn.reuse.pictures import write_pictures
from autocnn.search.choice import predicting
from autocnn.search.opening import study_folder
from autocnn.store import ArtifactRow, Hold, Store, StudyRecord, TrialRecord
from autocnn.training import read_candidate_json

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.data import DataOptions, Dataset
    from autocnn.search.reading import Outcome, Together
    from autocnn.space import Candidate


def report_of(store: Store, study: StudyRecord) -> Path:
    """Write the report of a study into its folder."""
    return write_report(store, study.name, study_folder(store, study) / "report.html")


def close(
    store: Store,
    study: StudyRecord,
    dataset: Dataset,
    options: DataOptions,
    outcome: Outcome,
    hold: Hold,
    report: bool = True,
) -> None:
    """Write bundle, ensemble and, with `report`, pictures and the report, and record them.

    `options` are those of the data, by which their parts are found again.
    """
    provenance = {
        "study": study.name,
        "trial": outcome.number,
        "seed": study.seed,
        "space": study.digest,
        "data": dataset.fingerprint,
        "data_options": options.meaning(defaults=False),
        "refitted": outcome.refitted,
        "environment": dict(study.environment),
    }
    bundle = save_bundle(
        study_folder(store, study) / "bundle",
        *_network(store.trials(study.id)[outcome.number], outcome.checkpoint, outcome.tta),
        dataset,
        metrics=_measures(outcome),
        provenance=provenance,
        force=True,
    )
    _record(store, hold, "bundle", bundle, bundle / "manifest.json")
    if outcome.ensemble is not None:
        ensemble = _save_ensemble(store, study, dataset, outcome.ensemble, provenance)
        _record(store, hold, "ensemble", ensemble, ensemble / "manifest.json")
    if report:
        _draw_pictures(store, study, dataset, outcome, hold)
        path = report_of(store, study)
        _record(store, hold, "report", path, path)


def _save_ensemble(
    store: Store,
    study: StudyRecord,
    dataset: Dataset,
    found: Together,
    provenance: dict[str, Any],
) -> Path:
    trials = store.trials(study.id)
    members = [
        (*_network(trials[one.trial], found.root / one.path, one.tta), one.weight)
        for one in found.members
    ]
    of_each = {"trials": [one.trial for one in found.members], "refitted": False}
    return save_ensemble(
        study_folder(store, study) / "ensemble",
        members,
        dataset,
        metrics=_measures(found),
        provenance={**provenance, **of_each},
        force=True,
    )


def _network(
    trial: TrialRecord, checkpoint: Path, tta: bool
) -> tuple[Candidate, dict[str, Tensor]]:
    """The candidate of a trial as it is to predict, and the weights of a checkpoint."""
    from autocnn.training import read_weights  # slow

    assert trial.candidate is not None
    return predicting(read_candidate_json(trial.candidate), tta), read_weights(checkpoint)


def _draw_pictures(
    store: Store, study: StudyRecord, dataset: Dataset, outcome: Outcome, hold: Hold
) -> None:
    """Draw what the network of the bundle sees, for the report; that it failed is only told."""
    score, part = outcome.test or outcome.validation, dataset.test
    if outcome.test is None or part is None:
        part = dataset.validation
        if dataset.folds is not None:
            part = dataset.train + dataset.validation
    try:
        path = write_pictures(
            study_folder(store, study) / "pictures.json",
            *_network(store.trials(study.id)[outcome.number], outcome.checkpoint, outcome.tta),
            dataset,
            part,
            score.details.get("mistakes", ()),
        )
    except Exception as error:  # no fault of a picture may end a search
        text = f"pictures could not be drawn: {type(error).__name__}: {error}"
        hold.add_event("warning", text)
    else:
        _record(store, hold, "pictures", path, path)


def _measures(outcome: Outcome | Together) -> list[Any]:
    scores = {"validation": outcome.validation, "test": outcome.test}
    return [
        Measure(split=split, **measured)  # type: ignore[arg-type]
        for split, score in scores.items()
        if score is not None
        for measured in score.measured()
    ]


def _record(store: Store, hold: Hold, kind: str, path: Path, hashed: Path) -> None:
    content = hashed.read_bytes()
    hold.add_artifact(
        ArtifactRow(
            kind=kind,
            path=str(path.relative_to(store.folder)),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    )
