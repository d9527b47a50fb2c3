"""What the pages read: the studies of a store, kept while it cannot be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from threading import RLock
from typing import Any, TypeVar

from autocnn.errors import StoreError
from autocnn.report.pictures import pictures
from autocnn.report.spread import siblings
from autocnn.report.study_frames import MOST_SEEDS, StudyFrames
from autocnn.store import Store, StudyRecord
from autocnn.store.follow import Follower, StudyGone

T = TypeVar("T")


class NotYet(KeyError):
    """What was asked for may be among what was not read yet."""


TURN, FIRST = 0.8, 0.2
"""Seconds that a page waits for what it reads; what it shows at first comes sooner."""

SOON = 0.4
"""Seconds in which what was read serves other pages too."""

AGAIN = 1.0
"""Seconds after a failure in which the store is not asked again: each try may wait for a lock."""

KEPT = 60
"""Figures of one study that are kept."""


class Drawn:
    """Figures of one study by what they show; each is made once, though several ask for it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._figures: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The figure of this key, made now if there is none."""
        with self._lock:
            if key not in self._figures:
                if len(self._figures) >= KEPT:
                    self._figures.clear()
                self._figures[key] = make()
            return self._figures[key]


@dataclass(frozen=True)
class Sight:
    """A study as it was read last, `complete` or in part; `revisions` count its changes.

    `drawn` has the figures that were made of it, for all its sights.
    """

    frames: StudyFrames
    revisions: Mapping[str, int]
    complete: bool
    drawn: Drawn


@dataclass(frozen=True)
class Trouble:
    """Why the store cannot be read and for how many seconds that has been so."""

    text: str
    seconds: float


class Library:
    """Reads a store for all pages; only one of them at a time, each for a moment.

    What was read stays when the store fails, and `trouble` says so until it can be read again.
    A study that was never read raises KeyError.
    """

    def __init__(self, store: Store):
        self._store = store
        self._lock = RLock()
        self._studies: list[StudyRecord] = []
        self._followers: dict[str, Follower] = {}
        self._sights: dict[str, Sight] = {}
        self._read: dict[str, float] = {}
        self._begun: set[str] = set()
        self._failure, self._failed = "", -inf
        self._good = time.monotonic()

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong with the store now."""
        age = time.monotonic() - self._good
        return Trouble(self._failure, age) if self._failure else None

    def studies(self) -> list[StudyRecord]:
        """The studies, the newest first."""
        with self._lock:
            self._studies = self._kept(self._studies, lambda: self._store.studies()[::-1])
            return self._studies

    def study(self, name: str, *, points: bool = True) -> Sight:
        """The study of this id; without `points` it may lack the evaluation points.

        Of a large one that is not known yet it has what could be read in a moment, and goes on
        with `read_on`.
        """
        if points and name in self._begun:
            return self._sights[name]
        with self._lock:
            if not self._was_read(name):
                self._kept(None, lambda: self._update(name, points))
            return self._sights[name]

    def read_on(self, names: Iterable[str]) -> None:
        """Read more of those studies of which only a part was read."""
        with self._lock:
            for name in self._begun.intersection(names):
                self._kept(None, lambda: self._update(name, True))  # noqa: B023

    def with_seeds(self, name: str) -> Sight:
        """The study with those that differ from it in their seed alone, once they are read."""
        sight = self.study(name)
        others = []
        for study in siblings(self.studies(), sight.frames.study)[:MOST_SEEDS]:
            try:
                other = self.study(study.id)
            except KeyError:  # it was never read, and the store fails
                break
            if other.complete:
                others.append(other)
            else:  # one after the other, look after look
                self.read_on([study.id])
                break
        if not others:
            return sight
        changes = hash(tuple((one.frames.study.id, *one.revisions.values()) for one in others))
        frames = replace(sight.frames, others=tuple(one.frames for one in others))
        return replace(sight, frames=frames, revisions={**sight.revisions, "others": changes})

    def candidates(self, name: str, numbers: Iterable[int]) -> dict[int, Any]:
        """The candidates of trials as JSON; none while the store cannot be read."""
        with self._lock:
            return self._kept({}, lambda: self._followers[name].candidates(numbers))

    def architectures(self, name: str, digests: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """The architectures of these digests; none while the store cannot be read."""
        with self._lock:
            return self._kept({}, lambda: self._followers[name].architectures(digests))

    def pictures(self, name: str) -> dict[str, Any]:
        """What the winner of a study sees; nothing while the store cannot be read."""
        with self._lock:
            study = self._sights[name].frames.study
            return self._kept({}, lambda: pictures(self._store, study.name))

    def _was_read(self, name: str) -> bool:
        """Whether all of a study was read a moment ago."""
        sight = self._sights.get(name)
        recent = time.monotonic() - self._read.get(name, -inf) < SOON
        return recent and sight is not None and sight.complete

    def _update(self, name: str, points: bool) -> None:
        known = self._sights.get(name)
        if name not in self._followers:
            known_by = {study.id: study for study in self._studies}
            if name not in known_by:
                known_by = {study.id: study for study in self._store.studies()}
            if name not in known_by:
                return
            self._followers[name] = Follower(self._store, known_by[name])
        follower = self._followers[name]
        try:
            follower.update(TURN if name in self._begun else FIRST, points=points)
        except StudyGone:
            del self._followers[name]
            self._begun.discard(name)
            raise
        if known and dict(known.revisions) == dict(follower.revisions):
            frames = known.frames
        else:
            frames = StudyFrames.followed(follower)
        complete = follower.complete and points
        drawn = known.drawn if known else Drawn()
        self._sights[name] = Sight(frames, dict(follower.revisions), complete, drawn)
        self._read[name] = time.monotonic()
        if points:
            (self._begun.discard if complete else self._begun.add)(name)

    def _kept(self, before: T, read: Callable[[], T]) -> T:
        """What is read, or what was there before where the store cannot be read."""
        if time.monotonic() - self._failed < AGAIN:
            return before
        try:
            found = read()
        except StoreError as error:
            self._failure, self._failed = str(error), time.monotonic()
            return before
        self._failure, self._good = "", time.monotonic()
        return found
