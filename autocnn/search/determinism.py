"""Whether a training gives the same weights again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from autocnn.data import Dataset
from autocnn.search.full_training import train_together
from autocnn.space import Candidate
from autocnn.training import Plan, train


def digests(
    candidate: Candidate, dataset: Dataset, plan: Plan, seed: int, objective: str, workers: int
) -> tuple[str, str, str]:
    """The sha256 of all that training has after an epoch: twice in one go, once in two parts.

    It is trained by so many processes, or by this one. The digests are equal where results can be
    had again on this machine. The last one shows whether a training that was interrupted ends as
    one that was not.
    """
    epoch = len(dataset.train)

    def stretch(folder: Path, start: Path | None, seen: int, until: int) -> tuple[Path, str]:
        """Train from a checkpoint to so many images; the new one and its sha256."""
        how: dict[str, Any] = {"seed": seed, "until": until, "horizon": epoch}
        how |= {"evaluate_at": (epoch // 2,), "objective": objective}
        file, digest = folder / "checkpoint.pt", ""
        if workers > 1:
            group = (candidate, dataset, plan, workers, folder, start, seen)
            for reached in train_together(*group, deadline=None, **how):
                file, digest = Path(reached.checkpoint), reached.sha256
        else:
            for point in train(candidate, dataset, plan=plan, start=start, **how):
                digest = point.save(file)
        return file, digest

    def trained(*stops: int) -> str:
        start, seen, digest = None, 0, ""
        with tempfile.TemporaryDirectory() as folder:
            for stop in stops:
                start, digest = stretch(Path(folder), start, seen, stop)
                seen = stop
        return digest

    return trained(epoch), trained(epoch), trained(epoch // 2, epoch)
