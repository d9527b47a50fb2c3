"""Which candidates were not worth training, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from autocnn.store import TrialRecord


def rejected(trials: Iterable[TrialRecord]) -> Counter[str]:
    """How many trials were infeasible by `shape`, `screen`, or the constraint they broke first.

    Those that a sampler was told of, or that were passed over in random draws, are no trials.
    """
    return Counter(
        trial.detail.partition(":")[0] if trial.reason == "constraint" else str(trial.reason)
        for trial in trials
        if trial.state == "infeasible"
    )
