"""Which checkpoints are kept: any other trial is retrained from its seed if it must go on."""

from __future__ import annotations

from pathlib import Path

from autocnn.search.history import History
from autocnn.search.stopping import StoppingRule

INCUMBENTS = 3


def worth_keeping(history: History, stopping: StoppingRule) -> set[int]:
    """Running trials, those that a rung may still promote, and the best few."""
    kept = {t.number for t in history.trials if t.state in ("waiting", "running")}
    kept |= {t.number for t in history.trials if t.state == "paused" and t.reason != "rung"}
    for rung in history.rungs():
        kept |= stopping.may_promote(rung)
    kept |= {trial.number for trial in history.ranked()[:INCUMBENTS]}
    return kept


def sweep(folder: Path, history: History, root: Path) -> None:
    """Remove checkpoint files of an earlier run that no trial names."""
    named = {root / trial.checkpoint.path for trial in history.trials if trial.checkpoint}
    for path in folder.glob("trial-*.pt*"):
        if path not in named:
            path.unlink(missing_ok=True)
