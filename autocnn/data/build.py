"""Decode a listing into the files of one cached data set."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocnn.data.arrange import (
    ROLES,
    TEST,
    TRAIN,
    VALIDATION,
    Arrangement,
    arrange,
    check_bad,
    number_digests,
)
from autocnn.data.cache import write_document
from autocnn.data.dataset import FILES, NAMES, ROWS, UNLABELLED
from autocnn.data.items import BadImage, Listing
from autocnn.data.options import DataOptions
from autocnn.data.preprocessing import Preprocessing
from autocnn.data.raw import Raw, decode_all, write_images
from autocnn.data.sources.source import Progress
from autocnn.data.tasks import Task
from autocnn.data.unlabelled import Unlabelled
from autocnn.errors import DataError, Problem
from autocnn.registry import Registry

STD_FLOOR = 1 / 255
"""Least standard deviation to divide by, for constant images."""
CHUNK = 4 << 20
"""Bytes of images that are counted at once; counting takes eight times as much."""


def build(
    listing: Listing,
    options: DataOptions,
    preprocessing: Preprocessing,
    folder: Path,
    *,
    document: dict[str, Any],
    progress: Progress,
    bare: Unlabelled | None = None,
) -> None:
    """Fill `folder` with images, rows and `dataset.json`: `document` and what is found here.

    Raises DataError with all problems.
    """
    count = sum(len(group.items) for group in listing.groups.values())
    count += len(bare.group.items) if bare else 0
    _need_space(folder, 2 * count * math.prod(preprocessing.shape))
    raws = decode_groups(listing, preprocessing, folder, progress)
    table, bad = tabulate(listing, raws, options.task)
    arrange(table, bad, options, listing.published)
    known = {digest for raw in raws for digest in raw.digests}
    mean, std = _write(table, raws, folder)
    if bare is not None:
        table.notes += _add(bare, known, options, preprocessing, folder, progress)
    if min(std) < STD_FLOOR:
        table.notes.append("the training images are nearly constant")
    write_document(
        folder,
        document
        | {
            "classes": list(listing.classes),
            "preprocessing": preprocessing.to_json(),
            "task": Registry.write(options.task),
            "scale": options.task.scale(table.labels[table.roles == TRAIN]),
            "mean": mean,
            "std": [max(value, STD_FLOOR) for value in std],
            "notes": [*document["notes"], *table.notes],
        },
    )


def _add(
    bare: Unlabelled,
    known: set[bytes],
    options: DataOptions,
    preprocessing: Preprocessing,
    folder: Path,
    progress: Progress,
) -> list[str]:
    """Write the images without labels, but for copies of labelled ones; returns notes.

    Copies are left out since some may be of the test part.
    """
    items = bare.group.items
    raw = decode_all(items, preprocessing, folder / "raw-unlabelled.npy", progress)
    check_bad(
        {items.name(row): found for row, found in sorted(raw.bad.items())}, len(items), options
    )
    new = np.array([d not in known and row not in raw.bad for row, d in enumerate(raw.digests)])
    if not new.any():
        text = "every image is bad, or also among the labelled ones"
        raise DataError(Problem("D25", text, "data.unlabelled"))
    _gather([raw], np.flatnonzero(new), folder / UNLABELLED)
    raw.file.unlink(missing_ok=True)
    notes = [f"{int(new.sum())} images without labels, for pretraining", *bare.notes]
    copies = len(new) - int(new.sum()) - len(raw.bad)
    for number, what in ((len(raw.bad), "bad"), (copies, "also among the labelled ones")):
        notes += [f"{number} images without labels left out: {what}"] if number else []
    return notes


def decode_groups(
    listing: Listing, preprocessing: Preprocessing, folder: Path, progress: Progress
) -> list[Raw]:
    """One raw file for each group of the listing."""
    return [
        decode_all(group.items, preprocessing, folder / f"raw-{name}.npy", progress)
        for name, group in listing.groups.items()
    ]


def tabulate(
    listing: Listing, raws: list[Raw], task: Task
) -> tuple[Arrangement, dict[int, BadImage]]:
    """All groups' images one after another, and the bad ones by row of that table."""
    groups = list(listing.groups.items())
    bad: dict[int, BadImage] = {}
    start = 0
    for raw in raws:
        bad |= {start + row: error for row, error in raw.bad.items()}
        start += len(raw.digests)
    table = Arrangement(
        names=[group.items.name(row) for _, group in groups for row in range(len(group.items))],
        labels=np.concatenate([group.labels for _, group in groups]),
        same=number_digests([digest for raw in raws for digest in raw.digests]),
        roles=np.concatenate(
            [np.full(len(group.items), ROLES[name], np.int64) for name, group in groups]
        ),
        classes=listing.classes,
        notes=[],
        task=task,
        keys=_keys(listing),
    )
    return table, bad


def _keys(listing: Listing) -> NDArray[np.int64] | None:
    """A number for each image, equal where the images must stay in one part."""
    groups = listing.groups
    if not any(group.keys for group in groups.values()):
        return None
    names = [
        (key, "") if group.keys else (str(row), part)  # in a part of its own: alone
        for part, group in groups.items()
        for row, key in enumerate(group.keys or [""] * len(group.items))
    ]
    known: dict[tuple[str, str], int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], np.int64)


def _write(table: Arrangement, raws: list[Raw], folder: Path) -> tuple[list[float], list[float]]:
    """Write the images of each part, the rows and labels; return mean and std of train."""
    rows: dict[str, NDArray[Any]] = {}
    names: dict[str, list[str]] = {}
    for file, roles in (("train", (TRAIN, VALIDATION)), ("test", (TEST,))):
        chosen = np.flatnonzero(np.isin(table.roles, roles))
        if not len(chosen):
            continue
        _gather(raws, chosen, folder / FILES[file])
        for role in roles:
            mask = table.roles[chosen] == role
            name = ("train", "validation", "test")[role]
            rows[name] = np.flatnonzero(mask).astype(np.int64)
            rows[f"{name}_labels"] = table.labels[chosen][mask]
        if table.folds is not None and file == "train":
            rows["folds"] = table.folds[chosen]
        if table.held is not None and file == "train":
            rows["held"] = table.held[chosen][rows["validation"]]
        names[FILES[file]] = [table.names[row] for row in chosen.tolist()]
    for raw in raws:
        raw.file.unlink(missing_ok=True)
    (folder / NAMES).write_text(json.dumps(names), encoding="utf-8")
    np.savez(folder / ROWS, **rows)  # type: ignore[arg-type]
    return _moments(folder / FILES["train"], rows["train"])


def _gather(raws: list[Raw], chosen: NDArray[np.int64], target: Path) -> None:
    """Write the chosen rows of the raw files, counted through, as one file."""
    starts = np.cumsum([0, *(len(raw.digests) for raw in raws)])
    for raw, first, last in zip(raws, starts[:-1], starts[1:], strict=True):
        if len(chosen) == last - first and chosen[0] == first and chosen[-1] == last - 1:
            os.replace(raw.file, target)
            return
    origins = np.searchsorted(starts, chosen, side="right") - 1
    # Others may have become the file of another part.
    maps = {origin: np.load(raws[origin].file, mmap_mode="r") for origin in np.unique(origins)}
    rows = (maps[o][row - starts[o]] for o, row in zip(origins, chosen, strict=True))
    write_images(target, (len(chosen), *maps[origins[0]].shape[1:]), rows)


def _moments(file: Path, rows: NDArray[np.int64]) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel over `rows`, from exact counts of levels."""
    images = np.load(file, mmap_mode="r")
    channels = images.shape[3]
    levels = np.arange(256) / 255
    counts = np.zeros((channels, 256), np.int64)
    step = max(1, CHUNK // math.prod(images.shape[1:]))
    for start in range(0, len(rows), step):
        chunk = images[rows[start : start + step]]
        for channel in range(channels):
            counts[channel] += np.bincount(chunk[..., channel].ravel(), minlength=256)
    mean = counts @ levels / counts.sum(axis=1)
    square = counts @ levels**2 / counts.sum(axis=1)
    std = np.sqrt(np.maximum(square - mean**2, 0))
    return [float(m) for m in mean], [float(s) for s in std]


def _need_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise DataError(
            Problem(
                "D35",
                f"the decoded images need {size >> 20} MiB, {free >> 20} MiB are free",
                str(folder),
            )
        )
