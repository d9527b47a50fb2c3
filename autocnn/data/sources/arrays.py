"""Arrays of images and labels, handed in or read from an archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autocnn.data.arrays import ArrayItems, as_array, as_images
from autocnn.data.items import Group, Listing
from autocnn.data.tasks import Task
from autocnn.errors import DataError, Problem

LEARNED = ("train", "all")
"""The parts that networks learn from; one of them is always given."""


def list_arrays(parts: Mapping[str, tuple[Any, Any]], task: Task, groups: Any = None) -> Listing:
    """A listing of `{part: (images, labels)}`; others than the first are left out without images.

    `groups` has for each image of the first part what must stay together when it is split.

    Raises DataError with the problems of all parts.
    """
    problems: list[Problem] = []
    images, labels = {}, dict[str, tuple[Any, int]]()
    for part, (x, y) in parts.items():
        if x is None and part not in LEARNED:
            continue
        try:
            images[part] = as_images(as_array(x, "D12", f"{part} images"), f"{part} images")
            if len(images[part]) == 0:
                raise DataError(Problem("D01", "there are no images", f"{part} images"))
            labels[part] = (y, len(images[part]))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(*problems)
    learned = next(part for part in LEARNED if part in labels)
    encoded = task.from_arrays(labels)
    keys = None if groups is None else _keys(groups, len(images[learned]))
    found = {
        part: Group(ArrayItems(images[part], part), table, keys if part == learned else None)
        for part, table in encoded.labels.items()
    }
    return Listing(encoded.names, found, notes=encoded.notes)


def _keys(groups: Any, count: int) -> tuple[str, ...]:
    array = as_array(groups, "D25", "groups")
    if array.shape != (count,):
        text = f"expected one group for each of {count} images, got the shape {array.shape}"
        raise DataError(Problem("D25", text, "groups"))
    return tuple(str(value) for value in array.tolist())
