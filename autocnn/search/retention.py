"""Which checkpoints are kept: any other trial is retrained from its seed if it must go on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from autocnn.search.history import History
from autocnn.search.stopping import StoppingRule
from autocnn.store import Checkpoint

INCUMBENTS = 3
"""Of so many of the best trials the weights are kept."""

PARENTS = 20
"""Of so many if others begin with them."""


def worth_keeping(history: History, stopping: StoppingRule, best: int) -> set[int]:
    """Unfinished trials, those that a rung may still promote, and the `best` few."""
    kept = set(history.tally.unfinished)
    kept |= stopping.may_promote(history.standing())
    kept |= {trial.number for trial in history.leaders(best)}
    return kept


def intact(path: Path, checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint's file is there with the bytes that were recorded."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == checkpoint.sha256
    except OSError:
        return False


def sweep(folder: Path, history: History, root: Path) -> None:
    """Remove the checkpoints that no trial names: of a run that was killed, and of the finals.

    To be called where the finals are still to come or their bundle is written.
    """
    named = {root / trial.checkpoint.path for trial in history.trials if trial.checkpoint}
    for path in (*folder.glob("*.pt"), *folder.glob(".*.tmp")):
        if path not in named:
            path.unlink(missing_ok=True)
