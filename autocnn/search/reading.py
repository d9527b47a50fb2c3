"""The test part, read once by what was chosen before; and what a study ends with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from autocnn.data import Dataset
from autocnn.errors import Problem, StoreError
from autocnn.search.choice import ENSEMBLE, Choice, Network, predicting
from autocnn.search.coordinator import Coordinator
from autocnn.search.ensemble import mixed
from autocnn.search.measure import Score, evaluated, score_of
from autocnn.store import FinalRecord, FinalRow, Store, StudyRecord

if TYPE_CHECKING:
    from autocnn.training import Evaluation


@dataclass(frozen=True)
class Outcome:
    """What a study ends with: the winner, its weights and what was measured on them."""

    number: int
    checkpoint: Path
    tta: bool
    validation: Score
    test: Score | None
    refitted: bool
    ensemble: Together | None = None


@dataclass(frozen=True)
class Together:
    """An ensemble: its networks, the folder that their paths are in, what was measured."""

    members: tuple[Network, ...]
    root: Path
    validation: Score
    test: Score | None


def read_test(
    coordinator: Coordinator, dataset: Dataset, choice: Choice, known: Sequence[FinalRecord]
) -> None:
    """Read the test part, once for the bundle and once for the ensemble, and record it.

    What is among the `known` rows is not read again. A process that was killed between a reading
    and its record reads again, with the same weights: the choice was recorded before.
    """
    c, test = coordinator, dataset.test
    if test is None:
        return

    @cache
    def look(path: str, number: int, tta: bool) -> Evaluation:
        candidate = predicting(c.history.trials[number].candidate, tta)
        return evaluated(candidate, c.root / path, dataset, test, c.plan)

    if not _of(known, "test"):
        own = choice.bundle
        score = score_of(look(own.path, own.trial, own.tta), dataset.classes, c.metric)
        c.hold.add_final(final_row(own, "test", score))
    members = choice.ensemble
    if members and not _of(known, "test", ensemble=True):
        found = [look(member.path, member.trial, member.tta) for member in members]
        weights = [member.weight for member in members]
        score = score_of(mixed(found, weights, dataset.scale), dataset.classes, c.metric)
        c.hold.add_final(final_row(members[0], "test", score, members))


def final_row(
    network: Network, split: str, score: Score, members: Sequence[Network] = ()
) -> FinalRow:
    """A score as the store keeps it, with all members if it is that of an ensemble."""
    details = {**score.details, "images": score.images, "cores": network.cores}
    if members:
        details[ENSEMBLE] = [[each.trial, each.seed, each.weight] for each in members]
    return FinalRow(
        trial=network.trial,
        seed=network.seed,
        split=split,
        metric=score.metric,
        value=score.value,
        low=score.low,
        high=score.high,
        interval=score.interval,
        images=network.images,
        seconds=network.seconds,
        details=details,
        path=None if members else network.path,
    )


def refuse_lost(store: Store, study: StudyRecord, choice: Choice) -> None:
    """Raise StoreError if weights that were chosen are gone, before their bundle is written."""
    for network in (choice.bundle, *choice.ensemble):
        path = store.folder / network.path
        if not path.is_file():
            text = "the weights of the finals are gone; start a new study with --new"
            raise StoreError(Problem("P03", text, f"study {study.name}", str(path)))


def read_outcome(store: Store, study: StudyRecord, choice: Choice) -> Outcome:
    """What was recorded of a choice."""
    root, rows = store.folder, store.finals(study.id)
    alone = {split: _of(rows, split) for split in ("validation", "test")}
    both = {split: _of(rows, split, ensemble=True) for split in alone}
    return Outcome(
        choice.winner.trial,
        root / choice.bundle.path,
        choice.bundle.tta,
        _score(alone["validation"][-1]),
        _last(alone["test"]),
        choice.refitted,
        Together(choice.ensemble, root, _score(both["validation"][-1]), _last(both["test"]))
        if choice.ensemble
        else None,
    )


def _of(rows: Iterable[FinalRecord], split: str, *, ensemble: bool = False) -> list[FinalRecord]:
    """What was looked at in detail on a part: by the winner or its refit, or by the ensemble."""
    looked_at = [row for row in rows if row.split == split and "objective" in row.details]
    return [row for row in looked_at if (ENSEMBLE in row.details) == ensemble]


def _last(rows: Sequence[FinalRecord]) -> Score | None:
    return _score(rows[-1]) if rows else None


def _score(row: FinalRecord) -> Score:
    details = dict(row.details)
    return Score(
        row.value or 0.0, row.low, row.high, details["images"], details, row.metric, row.interval
    )
