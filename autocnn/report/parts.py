"""The parts of a report as files for programs and for other pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.csv_text import inert
from autocnn.errors import Problem, SpaceError
from autocnn.report import failures, holes, reproduce, summary
from autocnn.report.objective import Objective
from autocnn.report.study_frames import StudyFrames
from autocnn.report.views import VIEWS

if TYPE_CHECKING:
    from autocnn.store import Store

PIXELS = (1000, 2)
"""Width of a picture, and how many pixels each of these has."""


def document(store: Store, name: str) -> dict[str, Any]:
    """What the report tells, as JSON can hold it; numbers that are not known are None.

    Raises StoreError for an unknown study.
    """
    from autocnn.store.frames import candidate

    frames = StudyFrames.read(store, name)
    study, trials, finals = frames.study, frames.trials, frames.finals
    objective = Objective.of(study.settings)
    number = summary.winner(trials, finals, objective)
    images = study.data.get("images") or {}
    limits = study.settings.get("budget") or {}
    budget = summary.budget_used(
        trials, frames.progress, study.seconds, limits, summary.networks_of(study)
    )
    results = [] if number is None else summary.results(trials, finals, objective, number, images)
    tables = {
        "states": summary.state_counts(trials),
        "budget": budget,
        "finals": finals.drop(columns=["details", "created"]),
        "effects": holes.effects(trials),
        "importance": frames.forest.importance if frames.forest else trials.iloc[:0, :0],
        "failures": failures.failures(trials),
        "warnings": failures.warnings(frames.events),
        "facts": reproduce.facts(study),
    }
    return {
        "study": study.name,
        "state": summary.state_of(study),
        "seed": study.seed,
        "begun": study.created.isoformat(),
        "seconds": study.seconds,
        "objective": asdict(objective),
        "winner": number,
        "candidate": None if number is None else candidate(store, name, number),
        "results": [asdict(result) for result in results],
        **{part: _records(frame) for part, frame in tables.items()},
        "space": study.space,
    }


def _records(frame: Any) -> list[dict[str, Any]]:
    import pandas as pd

    return [
        {
            key: None if not isinstance(value, (list, Mapping)) and pd.isna(value) else value
            for key, value in row.items()
        }
        for row in frame.to_dict("records")
    ]


def write_tables(store: Store, name: str, folder: Path) -> list[Path]:
    """Write the frames of a study as CSV into a folder: trials, progress, decisions, finals,
    events."""
    frames = StudyFrames.read(store, name)
    tables = {
        "trials": frames.trials.drop(columns="candidate"),
        "progress": frames.progress,
        "decisions": frames.decisions,
        "finals": frames.finals.drop(columns="details"),
        "events": frames.events,
    }
    for part, frame in tables.items():
        texts = frame.select_dtypes(["str", "object"])
        quoted = texts.map(inert, na_action="ignore")
        safe = frame.assign(**{str(column): quoted[column] for column in texts})
        safe.to_csv(folder / f"{part}.csv", index=False, lineterminator="\n")
    return [folder / f"{part}.csv" for part in tables]


def check_pictures() -> None:
    """Raise SpaceError where what draws pictures is not installed."""
    if find_spec("kaleido") is None:
        text = "--format png needs kaleido: pip install 'autocnn[pictures]'"
        raise SpaceError(Problem("", text))


def write_pictures(store: Store, name: str, folder: Path) -> list[Path]:
    """Write every figure of a study as PNG into a folder; raises SpaceError if none can be."""
    check_pictures()
    frames = StudyFrames.read(store, name, seeds=True)
    objective = Objective.of(frames.study.settings)
    figures = {view.name: view.figure(frames, objective) for view in VIEWS.values()}
    paths, drawn = [], []
    for part, made in figures.items():
        if made is None:
            continue
        made.update_layout(paper_bgcolor="#ffffff")
        drawn.append(made)
        paths.append(folder / f"{part}.png")
    if drawn:
        _draw(drawn, paths)
    return paths


def _draw(figures: list[Any], paths: list[Path]) -> None:
    """Draw all in one run of the browser."""
    from plotly.io import write_images

    width, scale = PIXELS
    try:
        files, heights = [str(path) for path in paths], [made.layout.height for made in figures]
        write_images(figures, files, width=width, height=heights, scale=scale)
    except Exception as error:
        if "Chrome" not in f"{type(error).__name__}: {error}":
            raise
        text = "--format png needs Chrome or Chromium, which kaleido draws with"
        raise SpaceError(Problem("", text)) from error
