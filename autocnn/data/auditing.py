"""What there is to know of a source before training on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.cache import Cache, default_cache
from autocnn.data.options import DataOptions
from autocnn.data.preprocessing import Preprocessing
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    from autocnn.data.arrange import Arrangement
    from autocnn.data.scan import Facts


@dataclass(frozen=True)
class Audit:
    """The findings; `problems` are what would keep `open_data` from opening the source.

    `counts` has the images of each class in each part, as they would be split. Sizes are
    `(height, width)`. `copies` counts images whose pixels an earlier image has, `leaks` training
    images that are also in a validation or test part of the source, `conflicts` images that occur
    under more than one class. Only exact copies are found.
    """

    source: str
    classes: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]
    images: int
    gray: int
    smallest: tuple[int, int]
    largest: tuple[int, int]
    sizes: int
    copies: int
    leaks: int
    conflicts: int
    preprocessing: Preprocessing
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        """The findings in plain JSON values; problems as text."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "classes": list(self.classes),
            "counts": {part: list(counts) for part, counts in self.counts.items()},
            "smallest": list(self.smallest),
            "largest": list(self.largest),
            "preprocessing": self.preprocessing.to_json(),
            "notes": list(self.notes),
            "problems": [str(problem) for problem in self.problems],
        }


def audit(
    options: DataOptions,
    *,
    base: Path | None = None,
    cache: Path | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Audit:
    """Decode every image of the source, the test part too, and report instead of raising.

    Raises DataError only where there is no source, or not one readable image in it.
    """
    import tempfile

    from autocnn.data.arrange import arrange
    from autocnn.data.build import decode_groups, tabulate
    from autocnn.data.decode import quiet_pillow
    from autocnn.data.scan import choose_preprocessing, scan
    from autocnn.data.sources.find import find_source

    report = progress or (lambda _what, _share: None)
    store = Cache(cache or default_cache())
    try:
        source = find_source(options, base or Path.cwd(), store.downloads, report)
        listing = source.read(report)
        store.root.mkdir(parents=True, exist_ok=True)
        with quiet_pillow(), tempfile.TemporaryDirectory(dir=store.root) as folder:
            facts = scan(listing, report)
            preprocessing = choose_preprocessing(facts, options)
            raws = decode_groups(listing, preprocessing, Path(folder), report)
            table, bad = tabulate(listing, raws)
    except OSError as error:
        raise DataError(Problem("D24", error.strerror or "", str(error.filename or ""))) from error
    problems = list(listing.problems)
    copies, leaks, conflicts = _repeated(table)
    try:
        arrange(table, bad, options, listing.published)
    except DataError as error:
        problems += error.problems
    return Audit(
        source=source.title,
        classes=listing.classes,
        counts=_counts(table),
        images=len(table.labels),
        **_sizes(facts),
        copies=copies,
        leaks=leaks,
        conflicts=conflicts,
        preprocessing=preprocessing,
        notes=(*listing.notes, *facts.notes(preprocessing), *table.notes),
        problems=tuple(problems),
    )


def _repeated(table: Arrangement) -> tuple[int, int, int]:
    """Numbers of copies, leaks and conflicts among the readable images."""
    import numpy as np

    from autocnn.data.arrange import TEST, TRAIN, VALIDATION

    good = table.same >= 0
    distinct = len(np.unique(table.same[good]))
    held = table.same[np.isin(table.roles, (VALIDATION, TEST)) & good]
    leaks = int(((table.roles == TRAIN) & np.isin(table.same, held)).sum())
    return int(good.sum()) - distinct, leaks, int(table.conflicting().sum())


def _counts(table: Arrangement) -> dict[str, tuple[int, ...]]:
    from autocnn.data.arrange import ROLES

    counts = {part: table.count(role) for part, role in ROLES.items()}
    return {p: tuple(int(n) for n in count) for p, count in counts.items() if count.any()}


def _sizes(facts: Facts) -> dict[str, Any]:
    sizes = sorted({(h.height, h.width) for h in facts.headers}, key=lambda s: (s[0] * s[1], s))
    return {
        "gray": sum(count for header, count in facts.headers.items() if header.gray),
        "smallest": sizes[0],
        "largest": sizes[-1],
        "sizes": len(sizes),
    }
