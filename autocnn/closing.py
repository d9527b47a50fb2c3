"""How a study is closed: its bundle, its pictures and its report are written and recorded."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocnn.data import Dataset
    from autocnn.search.reading import Outcome, Together
    from autocnn.space import Candidate
    from autocnn.store import Hold, Store, StudyRecord, TrialRecord


def report_of(store: Store, study: StudyRecord) -> Path:
    """Write the report of a study into its folder."""
    from autocnn.report import write_report
    from autocnn.search.opening import study_folder

    return write_report(store, study.name, study_folder(store, study) / "report.html")


def close(
    store: Store,
    study: StudyRecord,
    dataset: Dataset,
    outcome: Outcome,
    hold: Hold,
    report: bool = True,
) -> None:
    """Write bundle, ensemble and, with `report`, pictures and the report, and record them."""
    from autocnn.reuse import save_bundle
    from autocnn.search.opening import study_folder
    from autocnn.training import read_weights

    provenance = {
        "study": study.name,
        "trial": outcome.number,
        "seed": study.seed,
        "space": study.digest,
        "data": dataset.fingerprint,
        "refitted": outcome.refitted,
        "environment": dict(study.environment),
    }
    bundle = save_bundle(
        study_folder(store, study) / "bundle",
        _candidate(store.trials(study.id)[outcome.number], outcome.tta),
        read_weights(outcome.checkpoint),
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
    from autocnn.reuse.ensemble import save_ensemble
    from autocnn.search.opening import study_folder
    from autocnn.training import read_weights

    trials = store.trials(study.id)
    members = [
        (_candidate(trials[one.trial], one.tta), read_weights(found.root / one.path), one.weight)
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


def _candidate(trial: TrialRecord, tta: bool) -> Candidate:
    from autocnn.search.choice import predicting
    from autocnn.training import read_candidate_json

    assert trial.candidate is not None
    return predicting(read_candidate_json(trial.candidate), tta)


def _draw_pictures(
    store: Store, study: StudyRecord, dataset: Dataset, outcome: Outcome, hold: Hold
) -> None:
    """Draw what the network of the bundle sees, for the report; that it failed is only told."""
    from autocnn.reuse.pictures import write_pictures
    from autocnn.search.opening import study_folder
    from autocnn.training import read_weights

    score, part = outcome.test or outcome.validation, dataset.test
    if outcome.test is None or part is None:
        part = dataset.validation
        if dataset.folds is not None:
            part = dataset.train + dataset.validation
    try:
        path = write_pictures(
            study_folder(store, study) / "pictures.json",
            _candidate(store.trials(study.id)[outcome.number], outcome.tta),
            read_weights(outcome.checkpoint),
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
    from autocnn.reuse import Measure

    scores = {"validation": outcome.validation, "test": outcome.test}
    return [
        Measure(split=split, **measured)  # type: ignore[arg-type]
        for split, score in scores.items()
        if score is not None
        for measured in score.measured()
    ]


def _record(store: Store, hold: Hold, kind: str, path: Path, hashed: Path) -> None:
    from autocnn.store import ArtifactRow

    content = hashed.read_bytes()
    hold.add_artifact(
        ArtifactRow(
            kind=kind,
            path=str(path.relative_to(store.folder)),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    )
