"""Tables of a study as pandas frames, for the report and for users.

Each frame has the columns of its `*_COLUMNS` table, in that order and of that dtype also when it
has no rows; times are UTC, durations seconds, amounts of progress training images. A missing
number is NaN or NA, a missing text or object None or NaN. Every function reads in one short
transaction and raises StoreError for an unknown study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from autocnn.errors import Problem, StoreError, suggest
from autocnn.store.engine import plain_errors
from autocnn.store.records import StudyRecord
from autocnn.store.store import Store
from autocnn.store.tables import ARCHITECTURE, ARTIFACT, DECISION, EVENT, FINAL, PROGRESS, TRIAL

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, tuple[str, str]]
"""Column name -> (pandas dtype, meaning)."""

TIME = "datetime64[us, UTC]"

TRIAL_COLUMNS: Columns = {
    "number": ("int64", "the trial's number, from 0"),
    "state": (
        "str",
        "one of `words.TRIAL_STATES`, such as running or completed",
    ),
    "reason": ("str", "why it is in that state: one of `words.REASONS`"),
    "detail": ("str", "the same in words"),
    "parent": ("Int64", "number of the trial that it was made from or repeats"),
    "worker": ("str", "the worker that trained it last"),
    "device": ("str", "the device that trained it last"),
    "horizon": ("Int64", "images that its schedule is planned for"),
    "seed": ("Int64", "seed of its training"),
    "images": ("int64", "training images seen"),
    "seconds": ("float64", "seconds of training and evaluation"),
    "created": (TIME, "when it was asked for"),
    "started": (TIME, "when its first job started"),
    "finished": (TIME, "when its state became final"),
    "best_images": ("Int64", "images at its best evaluation point"),
    "best_epoch": ("float64", "epoch at its best evaluation point"),
    "best_value": ("float64", "objective at its best evaluation point"),
    "last_value": ("float64", "objective at its last evaluation point"),
    "candidate": ("object", "the candidate as a dict, None if it has none"),
    "candidate_digest": ("str", "sha256 of the candidate"),
    "architecture": ("str", "sha256 of the architecture, as in `architectures`"),
    "params": ("Int64", "learned parameters"),
    "macs": ("Int64", "multiply-adds for one image"),
    "activations": ("Int64", "output values for one image"),
    "depth": ("Int64", "layers with weights on the longest way"),
    "memory_mb": ("float64", "memory of its training in MB, where that was asked for"),
    "latency_ms": ("float64", "time of one core for a batch in ms, where that was asked for"),
}

PROGRESS_COLUMNS: Columns = {
    "trial": ("int64", "number of the trial"),
    "images": ("int64", "training images seen"),
    "epoch": ("float64", "the same in epochs"),
    "lr": ("float64", "learning rate"),
    "seconds": ("float64", "seconds of training and evaluation since the trial's start"),
    "images_per_second": ("float64", "training speed since the point before"),
    "created": (TIME, "when it was recorded"),
}

DECISION_COLUMNS: Columns = {
    "trial": ("int64", "number of the trial"),
    "rung": ("int64", "images at which it was compared"),
    "action": ("str", "promote, pause, stop or complete"),
    "by": ("str", "the stopping rule"),
    "threshold": ("float64", "the value to be reached; the score of several objectives"),
    "rivals": ("Int64", "number of values that it was compared with"),
    "created": (TIME, "when it was decided"),
}

FINAL_COLUMNS: Columns = {
    "trial": ("int64", "number of the trial"),
    "seed": ("int64", "seed of this training"),
    "split": ("str", "validation or test"),
    "metric": ("str", "name of the metric"),
    "value": ("float64", "its value"),
    "low": ("float64", "lower end of the 95 % interval"),
    "high": ("float64", "upper end of the 95 % interval"),
    "interval": ("str", "kind of the interval: wilson, bootstrap or t"),
    "images": ("int64", "training images seen"),
    "seconds": ("float64", "seconds of training and evaluation"),
    "details": (
        "object",
        "dict with the confusion matrix, or what else was found",
    ),
    "path": ("str", "file of the weights, relative to the store's folder"),
    "created": (TIME, "when it was measured"),
}

ARTIFACT_COLUMNS: Columns = {
    "trial": ("Int64", "number of the trial it belongs to, if any"),
    "kind": ("str", "what it is"),
    "path": ("str", "file, relative to the store's folder"),
    "bytes": ("int64", "its size"),
    "sha256": ("str", "its sha256"),
    "created": (TIME, "when it was recorded"),
}

EVENT_COLUMNS: Columns = {
    "level": ("str", "info, warning or error"),
    "message": ("str", "what happened"),
    "created": (TIME, "when"),
}

ARCHITECTURE_COLUMNS: Columns = {
    "digest": ("str", "sha256 of input shape and canonical layers"),
    "shape": ("object", "list [channels, height, width] of the input"),
    "params": ("int64", "learned parameters"),
    "macs": ("int64", "multiply-adds for one image"),
    "activations": ("int64", "output values for one image"),
    "depth": ("int64", "layers with weights on the longest way"),
    "receptive_field": ("object", "list [height, width] in pixels"),
    "layers": ("object", "list of layers as the language writes them"),
    "table": ("object", "list of rows with shapes and counts, one per layer"),
}


COUNTED = (
    *(ARCHITECTURE.c[name] for name in ("params", "macs", "activations", "depth")),
    TRIAL.c.notes["costs"].label("costs"),
)
"""What a trial's network costs, as `trial_frame` needs it beside the columns of TRIAL."""


def trials(store: Store, name: str) -> pd.DataFrame:
    """One row per trial by number: `TRIAL_COLUMNS`, then one column `hole.<name>` per hole.

    A hole's column is of dtype int64/Int64, float64, bool/boolean or str where its values allow
    it, else object; it is missing where the trial's other choices leave the hole out.
    """
    rows = _read(
        store,
        select(TRIAL, *COUNTED)
        .where(TRIAL.c.study == _study_id(store, name))
        .join(ARCHITECTURE, TRIAL.c.architecture == ARCHITECTURE.c.digest, isouter=True)
        .order_by(TRIAL.c.number),
    )
    return trial_frame(rows)


def trial_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The frame of `trials` from rows of TRIAL with what is COUNTED."""
    import pandas as pd

    unknown = dict.fromkeys(("memory_mb", "latency_ms"))
    rows = [{**unknown, **(row["costs"] or {}), **row} for row in rows]
    holes = sorted({hole for row in rows for hole in row["values"]})
    found = {f"hole.{hole}": _hole([row["values"].get(hole) for row in rows]) for hole in holes}
    return pd.concat([frame_of(rows, TRIAL_COLUMNS), pd.DataFrame(found)], axis=1)


def progress(store: Store, name: str) -> pd.DataFrame:
    """One row per evaluation point by trial and images: `PROGRESS_COLUMNS`, then the metrics.

    Each metric is a float64 column of its own name, such as `val_accuracy`; NaN where it was not
    finite or not measured.
    """
    order = (PROGRESS.c.trial, PROGRESS.c.images)
    rows = store.rows(PROGRESS, _study_id(store, name), *order)
    return progress_frame({name: [row[name] for row in rows] for name in PROGRESS.c.keys()[1:]})


def progress_frame(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """The frame of `progress` from the columns of PROGRESS without the study."""
    import pandas as pd

    points = columns["metrics"]
    metrics = sorted({metric for point in points for metric in point})
    found = {name: columns[name] for name in PROGRESS_COLUMNS}
    return pd.DataFrame(
        {name: _series(found[name], PROGRESS_COLUMNS[name][0]) for name in found}
        | {
            metric: pd.Series([point.get(metric) for point in points], dtype="float64")
            for metric in metrics
        }
    )


def decisions(store: Store, name: str) -> pd.DataFrame:
    """One row per decision of a stopping rule by time: `DECISION_COLUMNS`."""
    order = (DECISION.c.created, DECISION.c.trial, DECISION.c.rung)
    return frame_of(store.rows(DECISION, _study_id(store, name), *order), DECISION_COLUMNS)


def finals(store: Store, name: str) -> pd.DataFrame:
    """One row per number of single networks in the finals, in their order: `FINAL_COLUMNS`."""
    return final_frame(store.rows(FINAL, _study_id(store, name)))


def final_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Those of such rows that are of single networks, not of ensembles.

    Finals that were begun again after a kill replace what they had found before.
    """
    kept = {
        tuple(row[name] for name in ("trial", "seed", "split", "metric", "interval")): row
        for row in rows
        if "ensemble" not in (row["details"] or {})
    }
    return frame_of([*kept.values()], FINAL_COLUMNS)


def artifacts(store: Store, name: str) -> pd.DataFrame:
    """One row per file as they came: `ARTIFACT_COLUMNS`."""
    return frame_of(store.rows(ARTIFACT, _study_id(store, name)), ARTIFACT_COLUMNS)


def events(store: Store, name: str) -> pd.DataFrame:
    """One row per event as they came: `EVENT_COLUMNS`."""
    return frame_of(store.rows(EVENT, _study_id(store, name)), EVENT_COLUMNS)


def architectures(store: Store, name: str, digests: Sequence[str] | None = None) -> pd.DataFrame:
    """One row per different architecture of the study's trials: `ARCHITECTURE_COLUMNS`.

    With `digests` those alone are read.
    """
    used = select(TRIAL.c.architecture).where(TRIAL.c.study == _study_id(store, name))
    query = select(ARCHITECTURE).where(ARCHITECTURE.c.digest.in_(used))
    if digests is not None:
        query = query.where(ARCHITECTURE.c.digest.in_(digests))
    return frame_of(_read(store, query.order_by(ARCHITECTURE.c.digest)), ARCHITECTURE_COLUMNS)


def candidate(store: Store, name: str, number: int) -> Mapping[str, Any] | None:
    """The candidate of one trial, None if it has none."""
    which = (TRIAL.c.study == _study_id(store, name)) & (TRIAL.c.number == number)
    rows = _read(store, select(TRIAL.c.candidate).where(which))
    return rows[0]["candidate"] if rows else None


def named(store: Store, name: str) -> StudyRecord:
    """The study of that name; raises StoreError where there is none."""
    study = store.study(name)
    if study is None:
        known = [study.name for study in store.studies()]
        text = f"has no study {name!r}{suggest(name, known)}"
        raise StoreError(Problem("", f"store {store.location} {text}"))
    return study


def _study_id(store: Store, name: str) -> str:
    return named(store, name).id


def _read(store: Store, query: Select[Any]) -> list[Mapping[str, Any]]:
    with plain_errors(store.location), store.engine.connect() as connection:
        return [row._asdict() for row in connection.execute(query)]


def frame_of(rows: Sequence[Mapping[str, Any]], columns: Columns) -> pd.DataFrame:
    """A frame with these columns alone, also where there are no rows."""
    import pandas as pd

    return pd.DataFrame(
        {
            column: _series([row[column] for row in rows], dtype)
            for column, (dtype, _) in columns.items()
        }
    )


def _series(values: Sequence[Any], dtype: str) -> pd.Series[Any]:
    """A column; moments may be texts in UTC too, as SQLite keeps them."""
    import pandas as pd

    if dtype == TIME:
        return pd.Series(pd.to_datetime(values, format="ISO8601", utc=True), dtype=dtype)
    return pd.Series(values, dtype=dtype)


def _hole(values: Sequence[Any]) -> pd.Series[Any]:
    """A column of the narrowest dtype that keeps every value as it is; None is missing."""
    import pandas as pd

    kinds = {type(value) for value in values if value is not None}
    whole = None not in values
    if kinds == {bool}:
        dtype = "bool" if whole else "boolean"
    elif kinds == {int}:
        dtype = "int64" if whole else "Int64"
    elif kinds <= {int, float}:
        dtype = "float64"
    else:
        dtype = "str" if kinds == {str} else "object"
    return pd.Series(list(values), dtype=dtype)
