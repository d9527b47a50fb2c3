"""Which source a `data.source` names."""

from __future__ import annotations

import os
from pathlib import Path

from autocnn.data.options import DataOptions
from autocnn.data.sources.published import PUBLISHED, locate
from autocnn.data.sources.source import Progress, Source
from autocnn.errors import DataError, Problem, suggest

NAMES = ("digits", *PUBLISHED)


def find_source(options: DataOptions, base: Path, downloads: Path, progress: Progress) -> Source:
    """The source on this machine; raises DataError if there is none."""
    if options.source is None:
        raise DataError(Problem("D01", "no source is given", "data.source"))
    root = resolve(options.root, base) if options.root else None
    if options.source == "digits":
        from autocnn.data.sources.digits import Digits

        return Digits()
    if options.source in PUBLISHED:
        return locate(PUBLISHED[options.source], root, downloads, progress)
    near = suggest(options.source, NAMES)
    raise DataError(
        Problem("D01", f"neither a known data set nor an existing path{near}", options.source)
    )


def resolve(text: str, base: Path) -> Path:
    """A path as the user wrote it: `~` and `$VAR` expanded, relative to `base`."""
    return base / Path(os.path.expandvars(text)).expanduser()
