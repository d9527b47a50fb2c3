"""Whether a training gives the same weights again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from autocnn.data import Dataset
from autocnn.space.candidate import Candidate
from autocnn.training.loop import train
from autocnn.training.plan import Plan


def digests(
    candidate: Candidate, dataset: Dataset, plan: Plan, seed: int, objective: str
) -> tuple[str, str, str]:
    """The sha256 of all that training has after an epoch: twice in one go, once in two parts.

    They are equal where results can be had again on this machine. The last one shows whether a
    training that was interrupted ends as one that was not.
    """
    epoch = len(dataset.train)

    def trained(file: Path, *stops: int) -> str:
        start = None
        for stop in stops:
            for point in train(
                candidate,
                dataset,
                seed=seed,
                until=stop,
                evaluate_at=[epoch // 2],
                horizon=epoch,
                plan=plan,
                start=start,
                objective=objective,
            ):
                found = point.save(file)
            start = file
        return found

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoint.pt"
        return trained(file, epoch), trained(file, epoch), trained(file, epoch // 2, epoch)
