"""The data that a network was trained on, met again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autocnn.data.dataset import Dataset
from autocnn.data.opening import open_data
from autocnn.data.options import DataOptions
from autocnn.errors import DataError

PARTS = ("validation", "test", "seed", "groups", "duplicates", "conflicts", "on_bad")
"""The options by which images come into one part or another, or into none."""


def own_data(provenance: Mapping[str, Any], source: str) -> Dataset | None:
    """What a bundle of such a provenance was trained on, if the source has just these images."""
    try:
        options = DataOptions.model_validate({**provenance["data_options"], "source": source})
        return open_data(options, only=provenance["data"])
    except (DataError, KeyError, TypeError, ValueError):
        return None


def own_parts(provenance: Mapping[str, Any], source: str) -> dict[str, Any] | None:
    """The options that split its own data as they were split then; None for other data.

    A network that goes on from there must not learn what it is to be tested by.
    """
    dataset = own_data(provenance, source)
    if dataset is None:
        return None
    known: Mapping[str, Any] = provenance["data_options"]
    left_out = {"validation"} if dataset.folds is not None else set()  # it learned every fold
    return {name: known[name] for name in PARTS if name in known and name not in left_out}
