"""A study as event files for TensorBoard: a run per trial."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.errors import Problem, SpaceError
from autocnn.report.axis import PREFIX
from autocnn.report.study_frames import StudyFrames

if TYPE_CHECKING:
    import pandas as pd

    from autocnn.store import Store

NO_CURVES = ("trial", "images", "epoch", "created")
"""Columns of an evaluation point that are no curve."""


def check_tensorboard() -> None:
    """Raise SpaceError where what writes event files is not installed."""
    if find_spec("tensorboard") is None:
        text = "--tensorboard needs the package: pip install 'autocnn[tensorboard]'"
        raise SpaceError(Problem("", text))


def write_tensorboard(store: Store, name: str, folder: Path) -> int:
    """Write one run per trial with points into a folder and return how many there are.

    Steps are training images; a trial's choices become its hyperparameters. Raises StoreError for
    an unknown study and SpaceError where TensorBoard is not installed.
    """
    check_tensorboard()
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    frames = StudyFrames.read(store, name)
    trials = frames.trials.set_index("number", drop=False)
    runs = frames.progress.groupby("trial")
    for number, points in runs:
        writer = EventFileWriter(str(folder / f"trial-{number:05}"))
        for event in _events(points, trials.loc[[number]].iloc[0]):
            writer.add_event(event)
        writer.close()
    return len(runs)


def _events(points: pd.DataFrame, trial: pd.Series[Any]) -> list[Any]:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    begun = points["created"].iloc[0].timestamp()
    found = [Event(wall_time=begun, summary=hparams_pb(_choices(trial), str(trial["number"])))]
    curves = [column for column in points.columns if column not in NO_CURVES]
    for row in points.to_dict("records"):
        values = [
            Summary.Value(tag=curve, simple_value=row[curve])
            for curve in curves
            if row[curve] == row[curve]
        ]
        moment, images = row["created"].timestamp(), int(row["images"])
        found.append(Event(wall_time=moment, step=images, summary=Summary(value=values)))
    return found


def _choices(trial: pd.Series[Any]) -> dict[str, Any]:
    """Hole -> value, as TensorBoard can hold it."""
    import pandas as pd

    return {
        name.removeprefix(PREFIX): value if isinstance(value, (bool, int, float)) else str(value)
        for name, value in trial.to_dict().items()
        if isinstance(name, str) and name.startswith(PREFIX) and not pd.isna(value)
    }
