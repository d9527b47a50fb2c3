"""Files that commands write: never over another by accident, never half."""

from __future__ import annotations

import os
from pathlib import Path

from autocnn.errors import Problem, SpaceError
from autocnn.whole_file import write_whole


def check_output(path: Path, *, force: bool) -> None:
    """Raise SpaceError if `path` cannot become a new file, before any work is done for it."""
    if path.is_dir():
        raise SpaceError(Problem("A13", "is a folder", str(path)))
    if os.path.lexists(path) and not force:
        raise SpaceError(Problem("A13", "is there already; --force replaces it", str(path)))


def write_text(path: Path, text: str, *, force: bool = False) -> None:
    """Write a text file whole or not at all; raises SpaceError if it is there or cannot be."""
    write_bytes(path, text.encode(), force=force)


def write_bytes(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write a file whole or not at all; raises SpaceError if it is there or cannot be."""
    check_output(path, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        text = f"cannot be written: {error.strerror}"
        raise SpaceError(Problem("A13", text, str(path))) from error
