"""A located source: cheap to recognise, dearer to read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path

from autocnn.data.items import Listing

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it in [0, 1]."""


class Source(ABC):
    """What a `data.source` names, found on this machine."""

    title: str
    """How reports and messages call it, with the path resolved."""

    @abstractmethod
    def stamp(self) -> str:
        """Text that changes when the source's files do; reads no image."""

    @abstractmethod
    def read(self, progress: Progress) -> Listing:
        """List all images and their classes; raises DataError with every problem found."""


def file_stamp(paths: Iterable[Path]) -> str:
    """Names, sizes and times of files; raises OSError if one is gone."""
    lines = []
    for path in paths:
        status = path.stat()
        lines.append(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}")
    return "\n".join(lines)
