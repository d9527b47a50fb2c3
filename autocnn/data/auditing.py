"""What there is to know of a source before training on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autocnn.data.audit_report import Audit, Near, Suspect
from autocnn.data.cache import Cache, default_cache
from autocnn.data.options import DataOptions
from autocnn.errors import DataError, Problem
from autocnn.whole_file import write_whole

if TYPE_CHECKING:
    from autocnn.data.arrange import Arrangement
    from autocnn.data.findings import Findings
    from autocnn.data.items import Listing
    from autocnn.data.preprocessing import Preprocessing
    from autocnn.data.scan import Facts

NEAR_SHOWN = 1000
"""Pairs of near duplicates that an audit names."""


def audit(
    options: DataOptions,
    *,
    base: Path | None = None,
    cache: Path | None = None,
    progress: Callable[[str, float], None] | None = None,
    suspects: Mapping[str, Suspect] | None = None,
    sheet: Path | None = None,
    clean: Path | None = None,
) -> Audit:
    """Decode every image of the source, the test part too, and report instead of raising.

    `suspects` are images whose label may be wrong, by name, found by others. `sheet` is where a
    page of pictures is written, `clean` where the table of the images without bad ones, copies,
    images under two classes and suspects is.

    Raises DataError only where there is no source, not one readable image in it, or what was asked
    for cannot be written.
    """
    from autocnn.data.decode import quiet_pillow
    from autocnn.data.scan import choose_preprocessing
    from autocnn.data.sources.find import find_source

    report = progress or (lambda _what, _share: None)
    store = Cache(cache or default_cache())
    try:
        source = find_source(options, base or Path.cwd(), store.downloads, report)
        listing = source.read(report)
        with quiet_pillow(), store.passing() as folder:
            faults = listing.faults(source.title)
            facts = _scan(listing, faults, report)
            preprocessing = choose_preprocessing(facts, options)
            found = _look(listing, faults, preprocessing, options, folder, report)
            found.suspects = dict(suspects or {})
            if sheet is not None:
                write_whole(sheet, found.sheet(source.title).encode())
            root = found.write_cleaned(clean) if clean is not None else None
    except OSError as error:
        raise DataError(Problem("D24", error.strerror or "", str(error.filename or ""))) from error
    return _summary(source.title, listing, facts, preprocessing, found, root)


def _scan(
    listing: Listing, faults: Sequence[Problem], report: Callable[[str, float], None]
) -> Facts:
    """What `scan` finds; where it can read no image, the listing may say why."""
    from autocnn.data.scan import scan

    try:
        return scan(listing, report)
    except DataError as error:
        raise DataError(*faults, *error.problems) from error


def _look(
    listing: Listing,
    faults: Sequence[Problem],
    preprocessing: Preprocessing,
    options: DataOptions,
    folder: Path,
    report: Callable[[str, float], None],
) -> Findings:
    from autocnn.data.arrange import arrange
    from autocnn.data.build import decode_groups, tabulate
    from autocnn.data.findings import Findings
    from autocnn.data.raw import Decoded

    raws = decode_groups(listing, preprocessing, folder, report)
    table, bad = tabulate(listing, raws, options.task)
    found = Findings(listing, table, bad, Decoded(raws))
    report("comparing images", 0.0)
    found.compare()
    found.problems = list(faults)
    try:
        arrange(table, bad, options, listing.published)
    except DataError as error:
        found.problems += error.problems
    return found


def _summary(
    source: str,
    listing: Listing,
    facts: Facts,
    preprocessing: Preprocessing,
    found: Findings,
    root: Path | None,
) -> Audit:
    table = found.table
    sizes = sorted({(h.height, h.width) for h in facts.headers}, key=lambda s: (s[0] * s[1], s))
    modes: Counter[str] = Counter()
    for header, count in facts.headers.items():
        modes[header.mode] += count
    names = table.names
    return Audit(
        source=source,
        task=table.task.word,
        classes=listing.classes,
        counts=_counts(table),
        images=len(table.labels),
        gray=sum(count for header, count in facts.headers.items() if header.gray),
        modes=dict(modes.most_common()),
        smallest=sizes[0],
        largest=sizes[-1],
        sizes=len(sizes),
        unreadable={names[row]: str(error) for row, error in sorted(found.bad.items())},
        copies=found.copies,
        leaks=found.leaks,
        conflicts=found.conflicts,
        duplicates=tuple(tuple(names[row] for row in rows) for rows in found.equal),
        near=tuple(
            Near(names[pair.first], names[pair.second], round(pair.alike, 4))
            for pair in found.near[:NEAR_SHOWN]
        ),
        near_pairs=len(found.near),
        near_leaks=found.near_leaks,
        suspects=found.suspects,
        preprocessing=preprocessing,
        notes=(*listing.notes, *facts.notes(preprocessing), *table.notes),
        problems=tuple(found.problems),
        root=str(root) if root else None,
    )


def _counts(table: Arrangement) -> dict[str, tuple[int, ...]]:
    from autocnn.data.arrange import ROLES

    counts = {part: table.count(role) for part, role in ROLES.items()}
    return {p: tuple(int(n) for n in count) for p, count in counts.items() if count.any()}
