"""The findings of an audit, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from autocnn.data.preprocessing import Preprocessing
from autocnn.errors import Problem


class Near(NamedTuple):
    """Names of two images that look alike and the correlation of their pixels, at most 1."""

    first: str
    second: str
    alike: float


class Suspect(NamedTuple):
    """An image's class, the one that predictions name, and the probabilities of the two."""

    given: str
    likely: str
    of_given: float
    of_likely: float


@dataclass(frozen=True)
class Audit:
    """The findings; `problems` are what would keep `open_data` from opening the source.

    `counts` has the images of each class in each part, as they would be split. Sizes are
    `(height, width)`, `modes` Pillow's words for colours and depth. `unreadable` says why, by
    name. `copies` counts images whose pixels an earlier image has, `leaks` training images that
    are also in a validation or test part of the source, `conflicts` images that occur under more
    than one class; `duplicates` names the images of equal pixels. `near_pairs` counts pairs that
    look alike without being equal, `near_leaks` those of which one image is in training and one is
    not; `near` has the thousand most alike. `suspects` are images whose class may be wrong. `root`
    is what the paths of the cleaned table are relative to.
    """

    source: str
    task: str
    classes: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]
    images: int
    gray: int
    modes: Mapping[str, int]
    smallest: tuple[int, int]
    largest: tuple[int, int]
    sizes: int
    unreadable: Mapping[str, str]
    copies: int
    leaks: int
    conflicts: int
    duplicates: tuple[tuple[str, ...], ...]
    near: tuple[Near, ...]
    near_pairs: int
    near_leaks: int
    suspects: Mapping[str, Suspect]
    preprocessing: Preprocessing
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    root: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The findings in plain JSON values; problems as text."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "classes": list(self.classes),
            "counts": {part: list(counts) for part, counts in self.counts.items()},
            "modes": dict(self.modes),
            "smallest": list(self.smallest),
            "largest": list(self.largest),
            "unreadable": dict(self.unreadable),
            "duplicates": [list(names) for names in self.duplicates],
            "near": [pair._asdict() for pair in self.near],
            "suspects": {name: suspect._asdict() for name, suspect in self.suspects.items()},
            "preprocessing": self.preprocessing.to_json(),
            "notes": list(self.notes),
            "problems": [str(problem) for problem in self.problems],
        }
