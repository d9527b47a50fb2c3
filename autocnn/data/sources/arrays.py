"""Arrays of images and labels, handed in or read from an archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autocnn.data.arrays import ArrayItems, as_images, as_labels
from autocnn.data.items import Group, Listing
from autocnn.errors import DataError, Problem


def list_arrays(parts: Mapping[str, tuple[Any, Any]], groups: Any = None) -> Listing:
    """A listing of `{part: (images, labels)}`; parts without images are left out.

    `groups` has for each image of the first part what must stay together when it is split.

    Raises DataError with the problems of all parts.
    """
    problems: list[Problem] = []
    images, labels = {}, {}
    for part, (x, y) in parts.items():
        if x is None:
            continue
        try:
            images[part] = as_images(np.asarray(x), f"{part} images")
            if len(images[part]) == 0:
                raise DataError(Problem("D01", "there are no images", f"{part} images"))
            labels[part] = as_labels(y, len(images[part]), f"{part} labels")
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(*problems)
    learned = next(part for part in ("train", "all") if part in labels)
    keys = None if groups is None else _keys(groups, len(images[learned]))
    classes = labels[learned][1]
    found = {}
    for part, (indices, names) in labels.items():
        unknown = [name for name in names if name not in classes]
        if unknown:
            problems.append(
                Problem("D30", "classes without a training image", f"{part}: {', '.join(unknown)}")
            )
            continue
        order = np.array([classes.index(name) for name in names], np.int64)
        kept = keys if part == learned else None
        found[part] = Group(ArrayItems(images[part], part), order[indices], kept)
    if problems:
        raise DataError(*problems)
    return Listing(classes, found)


def _keys(groups: Any, count: int) -> tuple[str, ...]:
    array = np.asarray(groups)
    if array.shape != (count,):
        text = f"expected one group for each of {count} images, got the shape {array.shape}"
        raise DataError(Problem("D25", text, "groups"))
    return tuple(str(value) for value in array.tolist())
