"""The closed lists of words that the store keeps: states, reasons, actions, levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STUDY_STATES = ("running", "interrupted", "finished")
TRIAL_STATES = (
    "waiting",
    "running",
    "paused",
    "completed",
    "stopped",
    "infeasible",
    "duplicate",
    "failed",
)
ENDED = frozenset({"completed", "stopped", "infeasible", "duplicate", "failed"})
"""The trial states that are final; `paused` may be promoted later."""
REASONS = (
    "patience",
    "rung",
    "not-promoted",
    "budget",
    "interrupted",
    "constraint",
    "shape",
    "screen",
    "duplicate",
    "non-finite",
    "out-of-memory",
    "timeout",
    "worker-lost",
    "data",
    "bug",
)
ACTIONS = ("promote", "pause", "stop", "complete")
LEVELS = ("info", "warning", "error")
SPLITS = ("validation", "test")
INTERVALS = ("wilson", "t", "bootstrap")


def check_word(thing: str, value: str | None, known: tuple[str, ...]) -> None:
    """Raise ValueError unless `value` is None or one of the known words."""
    if value is not None and value not in known:
        raise ValueError(f"{thing} must be one of {', '.join(known)}, but got {value!r}")


def check_trial(values: Mapping[str, Any]) -> None:
    """Raise ValueError when `state` or `reason` among a trial's values is not in the lists."""
    if "state" in values:
        check_word("trial state", values["state"], TRIAL_STATES)
    check_word("trial reason", values.get("reason"), REASONS)
