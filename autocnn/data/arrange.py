"""Decide which image goes to which part: bad ones, doubtful labels, copies, splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocnn.data.folds import deal
from autocnn.data.items import BadImage
from autocnn.data.options import DataOptions, Folds
from autocnn.data.splits import hold_out, hold_out_groups, joined
from autocnn.data.tasks import Classification, Task
from autocnn.errors import DataError, Problem

TRAIN, VALIDATION, TEST, DROPPED, UNSPLIT = 0, 1, 2, 3, 4
ROLES: Mapping[str, int] = {
    "train": TRAIN,
    "validation": VALIDATION,
    "test": TEST,
    "all": UNSPLIT,
}
MOST_BAD = 0.01
"""Share of bad images that `on_bad: skip` may leave out."""
SHOWN = 5
MOST_HELD, LEAST_HELD = 1000, 5
"""Validation images that stay when the finals train on the others, and so many of each class."""


@dataclass(eq=False)
class Arrangement:
    """Every image of a source as one row: name, label, digest of its pixels, part.

    `same` numbers distinct pixels in order of appearance; bad images have the number -1. `keys`
    numbers what must stay in one part, beside equal pixels, if that was asked for. `folds` numbers
    the fold of each row that validates in turn, if there are folds; `held` are the validation rows
    that stay when the finals train on the others.
    """

    names: Sequence[str]
    labels: NDArray[Any]
    same: NDArray[np.int64]
    roles: NDArray[np.int64]
    classes: tuple[str, ...]
    notes: list[str]
    task: Task
    keys: NDArray[np.int64] | None = None
    folds: NDArray[np.int64] | None = None
    held: NDArray[np.bool_] | None = None

    def count(self, role: int) -> NDArray[np.int64]:
        """Images of each class with this role."""
        return self.task.counts(self.labels[self.roles == role], len(self.classes))

    def label(self, row: int) -> str:
        """What the label of a row is called."""
        return ", ".join(self.task.cells(self.labels[row], self.classes))

    def conflicting(self) -> NDArray[np.bool_]:
        """The rows in use whose pixels occur with more than one label."""
        used = (self.roles != DROPPED) & (self.same >= 0)
        _, kinds = np.unique(self.labels, axis=0, return_inverse=True)
        pairs = np.unique(np.stack([self.same[used], kinds[used]]), axis=1)
        numbers, classes = np.unique(pairs[0], return_counts=True)
        conflicting: NDArray[np.bool_] = used & np.isin(self.same, numbers[classes > 1])
        return conflicting

    def some(self, mask: NDArray[np.bool_]) -> str:
        """The first few names of the rows in `mask`."""
        rows = np.flatnonzero(mask)
        shown = ", ".join(self.names[int(row)] for row in rows[:SHOWN])
        return f"{shown}, ..." if len(rows) > SHOWN else shown


def number_digests(digests: Sequence[bytes]) -> NDArray[np.int64]:
    """Equal digests get equal numbers, in order of appearance; empty ones get -1."""
    known: dict[bytes, int] = {b"": -1}
    return np.array([known.setdefault(d, len(known) - 1) for d in digests], np.int64)


def arrange(
    table: Arrangement, bad: Mapping[int, BadImage], options: DataOptions, published: bool
) -> None:
    """Settle `table.roles`, in this order; notes are added, DataError raised with all problems."""
    drop_bad(table, bad, options)
    settle_conflicts(table, options, published)
    settle_copies(table, options)
    check_keys(table)
    split(table, options)
    check_counts(table, options)


def drop_bad(table: Arrangement, bad: Mapping[int, BadImage], options: DataOptions) -> None:
    """Drop images that cannot be decoded, if the options allow and they are few."""
    if not bad:
        return
    check_bad({table.names[row]: bad[row] for row in sorted(bad)}, len(table.labels), options)
    mask = np.zeros(len(table.labels), bool)
    mask[list(bad)] = True
    table.roles[mask] = DROPPED
    table.notes.append(f"{len(bad)} bad images left out: {table.some(mask)}")


def check_bad(bad: Mapping[str, BadImage], images: int, options: DataOptions) -> None:
    """Raise DataError unless bad images, given by name, may be left out of so many.

    Of images that are only measured on any number may.
    """
    problems = [Problem(found.rule, str(found), name) for name, found in bad.items()]
    if bad and options.on_bad == "error":
        raise DataError(*problems)
    if len(bad) > MOST_BAD * images and not options.whole:
        limit = f"{len(bad)} of {images} images are bad, more than 1 %"
        raise DataError(Problem("D06", limit), *problems)


def settle_conflicts(table: Arrangement, options: DataOptions, published: bool) -> None:
    """Equal images with different labels."""
    conflicting = table.conflicting()
    if not conflicting.any():
        return
    policy = options.conflicts or ("keep" if published else "error")
    one, several = table.task.thing
    text = f"{int(conflicting.sum())} images occur under more than one {one}"
    if policy == "error":
        problems = []
        for number in np.unique(table.same[conflicting]):
            rows = np.flatnonzero(conflicting & (table.same == number))
            where = " = ".join(
                f"{table.names[int(row)]} ({table.label(int(row))})" for row in rows
            )
            problems.append(Problem("D26", f"the same image under different {several}", where))
        hint = f"{text}; data.conflicts: drop or keep settles it"
        raise DataError(Problem("D26", hint), *problems)
    if policy == "drop":
        table.roles[conflicting] = DROPPED
    done = "left out" if policy == "drop" else "kept"
    table.notes.append(f"{text}, {done}: {table.some(conflicting)}")


def settle_copies(table: Arrangement, options: DataOptions) -> None:
    """Images that are also in a part of the source that is held out, and copies among the rest."""
    for role, part in ((TEST, "test"), (VALIDATION, "validation")):
        held = np.unique(table.same[table.roles == role])
        learned = (table.roles == TRAIN) | (table.roles == UNSPLIT)
        if role == TEST:
            learned |= table.roles == VALIDATION
        copies = learned & np.isin(table.same, held)
        if not copies.any():
            continue
        text = f"{int(copies.sum())} training images are also in the {part} part"
        if options.duplicates == "error":
            raise DataError(Problem("D25", f"{text}: {table.some(copies)}"))
        if options.duplicates == "drop":
            table.roles[copies] = DROPPED
        done = "left out" if options.duplicates == "drop" else "kept"
        table.notes.append(f"{text}, {done}: {table.some(copies)}")
    learned = (table.roles == TRAIN) | (table.roles == UNSPLIT)
    copies_within = int(learned.sum()) - len(np.unique(table.same[learned]))
    if copies_within:
        table.notes.append(f"{copies_within} copies among the images, never split between parts")


def check_keys(table: Arrangement) -> None:
    """Raise where the source's own parts divide a group."""
    if table.keys is None:
        return
    used = table.roles != DROPPED
    pairs = np.unique(np.stack([table.keys[used], table.roles[used]]), axis=1)
    numbers, parts = np.unique(pairs[0], return_counts=True)
    divided = used & np.isin(table.keys, numbers[parts > 1])
    if divided.any():
        text = f"{int((parts > 1).sum())} groups are in more than one part of the source"
        raise DataError(Problem("D25", f"{text}: {table.some(divided)}"))


def split(table: Arrangement, options: DataOptions) -> None:
    """Take the parts that the source lacks from training, first test, then validation."""
    table.roles[table.roles == UNSPLIT] = TRAIN
    if options.test and not (table.roles == TEST).any():
        _take(table, np.flatnonzero(table.roles == TRAIN), options.test, options.seed, TEST)
    rest, own = np.flatnonzero(table.roles == TRAIN), (table.roles == VALIDATION).any()
    if isinstance(options.validation, Folds):
        if own:
            text = "the source has a validation part of its own, which cannot be in folds"
            raise DataError(Problem("D05", text, "data.validation.folds"))
        _deal(table, rest, options.validation.folds, options.seed)
        return
    if not own and not options.whole:
        _take(table, rest, options.validation, options.seed, VALIDATION)
    _hold(table, np.flatnonzero(table.roles == VALIDATION), options.seed)


def _deal(table: Arrangement, rows: NDArray[np.int64], folds: int, seed: int) -> None:
    """Put the training images in folds; the first one is the validation part of a single split."""
    keys = None if table.keys is None else table.keys[rows]
    labels, names = table.task.strata(table.labels[rows], table.classes)
    if not isinstance(table.task, Classification):  # rare strata go with the largest
        sizes = np.bincount(labels)
        labels = np.where(sizes[labels] < folds, sizes.argmax(), labels)
    found = deal(labels, table.same[rows], keys, names, folds, seed)
    table.folds = np.zeros(len(table.roles), np.int64)
    table.folds[rows] = found
    table.roles[rows[found == 0]] = VALIDATION
    sizes = np.bincount(found)
    table.notes.append(f"{folds} folds of {sizes.min()} to {sizes.max()} images")


def _hold(table: Arrangement, rows: NDArray[np.int64], seed: int) -> None:
    """Choose the validation images that the finals keep, if there are enough of each class."""
    if not len(rows):
        return
    share = min(MOST_HELD / len(rows), 0.5)
    chosen = _chosen(table, rows, share, seed, "held")
    strata = table.task.strata(table.labels[rows], table.classes)[0]
    kept = np.bincount(strata[chosen], minlength=strata.max() + 1)
    if (kept[np.unique(strata)] >= LEAST_HELD).all():
        table.held = np.zeros(len(table.roles), bool)
        table.held[rows[chosen]] = True


def _chosen(
    table: Arrangement, rows: NDArray[np.int64], share: float, seed: int, part: str
) -> NDArray[np.bool_]:
    """Which of these rows are a part with this share of each stratum."""
    labels, names = table.task.strata(table.labels[rows], table.classes)
    same = table.same[rows]
    if table.keys is None:
        return hold_out(labels, same, names, share=share, seed=seed, part=part)
    together = joined(same, table.keys[rows])
    return hold_out_groups(labels, together, share=share, seed=seed, part=part)


def _take(table: Arrangement, rows: NDArray[np.int64], share: float, seed: int, role: int) -> None:
    part = "test" if role == TEST else "validation"
    chosen = _chosen(table, rows, share, seed, part)
    table.roles[rows[chosen]] = role
    if not chosen.any():
        counts = np.bincount(table.task.strata(table.labels[rows], table.classes)[0])
        kept = "distinct image" if table.keys is None else "group"
        raise DataError(
            Problem(
                "D05",
                f"no image is left for the {part} part: {len(rows)} images in "
                f"{int((counts > 0).sum())} {_strata(table)[1]}, of which {share:g} were asked "
                f"for, and each {_strata(table)[0]} keeps at least one {kept} for training",
            )
        )


def check_counts(table: Arrangement, options: DataOptions) -> None:
    """What the task asks of the labels of each part; raises DataError or remarks on it.

    Images to measure on may be of one class.
    """
    parts = {
        part: table.labels[table.roles == role]
        for part, role in ROLES.items()
        if role == TRAIN or (table.roles == role).any()
    }
    problems, notes = table.task.remarks(
        parts, table.classes, allow_empty=options.allow_empty_classes
    )
    if problems and not (options.whole and table.classes):
        raise DataError(*problems)
    table.notes += notes


def _strata(table: Arrangement) -> tuple[str, str]:
    """What images are told apart by where they are split, one and several of it."""
    return ("class", "classes") if table.task.word == "classification" else ("kind", "kinds")
