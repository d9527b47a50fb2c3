"""Find the image files below a folder without leaving it and without hanging."""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from autocnn.data.decode import SUFFIXES
from autocnn.data.files import printable
from autocnn.errors import Problem


@dataclass
class Walk:
    """What lies below `root`: image files and folders by relative path, in order of code points.

    `stamps` has size and time of each file; `skipped` counts what was passed over, by reason.
    """

    root: Path
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def notes(self) -> list[str]:
        """One line for each reason to pass over files."""
        return [f"{count} {reason}" for reason, count in sorted(self.skipped.items())]


def walk(root: Path) -> Walk:
    """Walk `root`, following links only to what lies inside it and never twice into one folder.

    A link to a folder is passed over where the walk comes to that folder by its own name, too:
    what lies in it belongs there.

    Hidden files and folders are passed over. Unreadable folders become problems; raises OSError
    only for `root` itself.
    """
    found = Walk(root)
    status = root.stat()
    _visit("", found, {(status.st_dev, status.st_ino)}, os.path.realpath(root))
    return found


def _visit(folder: str, found: Walk, visited: set[tuple[int, int]], inside: str) -> None:
    try:
        with os.scandir(found.root / folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        if not folder:
            raise
        found.problems.append(Problem("D24", error.strerror or "unreadable", printable(folder)))
        return
    for entry in entries:
        name = f"{folder}/{entry.name}" if folder else entry.name
        if is_hidden(entry.name):
            found.skipped["hidden files and folders passed over"] += 1
            continue
        if entry.is_symlink() and not _is_inside(os.path.realpath(entry.path), inside):
            found.skipped["links that lead outside the folder passed over"] += 1
            continue
        try:
            status = entry.stat()
        except OSError:
            found.skipped["broken links passed over"] += 1
            continue
        if stat.S_ISDIR(status.st_mode):
            identity = (status.st_dev, status.st_ino)
            if identity in visited or (entry.is_symlink() and _is_walked(entry.path, inside)):
                found.skipped["links to a folder that is seen itself passed over"] += 1
                continue
            visited.add(identity)
            found.folders.append(name)
            _visit(name, found, visited, inside)
        elif not stat.S_ISREG(status.st_mode):
            found.skipped["pipes, sockets and devices passed over"] += 1
        elif (suffix := os.path.splitext(entry.name)[1].lower()) in SUFFIXES:
            found.files.append(name)
            found.stamps.append(f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}")
        else:
            shown = printable(suffix) or "files without a suffix"
            found.skipped[f"files passed over, not of a known image format: {shown}"] += 1


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is none of the user's images."""
    return name.startswith(".") or name == "__MACOSX"


def _is_walked(link: str, inside: str) -> bool:
    parts = os.path.relpath(os.path.realpath(link), inside).split(os.sep)
    return parts == [os.curdir] or not any(map(is_hidden, parts))


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
