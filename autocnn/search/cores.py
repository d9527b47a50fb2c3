"""The processor cores that this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterable


def allowed_cores() -> list[int]:
    """The numbers of the allowed cores, or of all where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def pin(cores: Iterable[int]) -> None:
    """Keep this process on these cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
