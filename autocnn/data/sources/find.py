"""Which source a `data.source` names."""

from __future__ import annotations

import os
from pathlib import Path

from autocnn.data.options import DataOptions
from autocnn.data.sources.published import PUBLISHED, locate
from autocnn.data.sources.source import Progress, Source
from autocnn.errors import DataError, Problem, suggest

NAMES = ("digits", *PUBLISHED)
FORMS = ("folder", "csv", "npz", "parquet", "arrow")
ANY_TASK = ("csv", "npz", "parquet", "arrow")
"""The forms whose labels may be other things than a class."""


def find_source(options: DataOptions, base: Path, downloads: Path, progress: Progress) -> Source:
    """The source on this machine; raises DataError if there is none."""
    if options.source is None:
        raise DataError(Problem("D01", "no source is given", "data.source"))
    root = resolve(options.root, base) if options.root else None
    if options.groups and options.source in NAMES:
        raise DataError(Problem("D25", f"{options.source} has no groups", "data.groups"))
    if options.source in NAMES:
        _refuse(options, options.source)
    if options.source == "digits":
        from autocnn.data.sources.digits import Digits

        return Digits()
    if options.source in PUBLISHED:
        return locate(PUBLISHED[options.source], root, downloads, progress)
    form, colon, rest = options.source.partition(":")
    known = bool(colon) and form in FORMS
    path = resolve(rest if known else options.source, base)
    if not path.exists():
        text = _absent(options.source, known) + _elsewhere(rest if known else options.source, base)
        raise DataError(Problem("D01", text, str(path)))
    form = form if known else form_of(path)
    expected = _expected(form, path)
    if expected:
        raise DataError(Problem("D01", f"expected {expected}", str(path)))
    if form not in ANY_TASK:
        _refuse(options, f"{form}:{path}")
    if form == "folder":
        from autocnn.data.sources.folder import Folder
        from autocnn.data.sources.keys import compile_groups

        return Folder(path, compile_groups(options.groups) if options.groups else None)
    if form == "csv":
        from autocnn.data.sources.table import Table

        return Table(path, options.task, root, options.groups)
    if form == "parquet":
        from autocnn.data.sources.parquet import Parquet

        return Parquet(path, options.task, options.groups)
    if form == "arrow":
        from autocnn.data.sources.arrow import Arrow

        return Arrow(path, options.task, options.groups)
    from autocnn.data.sources.archive import Archive

    return Archive(path, options.task, options.groups)


def _refuse(options: DataOptions, source: str) -> None:
    """Raise where classes are all that a source can have, and something else is asked for."""
    if options.task.word != "classification":
        where = ", ".join(ANY_TASK)
        text = f"{source} has classes; {options.task.word} takes labels from {where} or arrays"
        raise DataError(Problem("D36", text, "data.task"))


def _expected(form: str, path: Path) -> str:
    """What should be at this path and is not, or nothing; parquet may be a file or a folder."""
    if path.is_dir():
        return "" if form in ("folder", "arrow", "parquet") else "a regular file"
    if form in ("folder", "arrow"):
        return "a folder"
    return "" if path.is_file() else "a regular file"


def _absent(source: str, path_meant: bool) -> str:
    if path_meant:
        return "no such file or folder"
    near = suggest(source, NAMES)
    return f"neither a known data set ({', '.join(NAMES)}){near} nor an existing path"


def _elsewhere(text: str, base: Path) -> str:
    """Where a relative path was looked for, and whether it is in the working directory."""
    from_base, from_here = resolve(text, base), resolve(text, Path.cwd())
    if from_base == from_here:
        return ""
    there = f"; {from_here} exists, in the working directory" if from_here.exists() else ""
    return f"; a relative path is meant from the folder of the YAML file, {base.absolute()}{there}"


def form_of(path: Path) -> str:
    """What a bare path is, from its suffix or, if it is a folder, from what lies in it.

    Raises DataError if it is nothing known.
    """
    if path.is_dir():
        from autocnn.data.sources.arrow import Arrow

        if Arrow.is_saved(path):
            return "arrow"
        tables = next(path.glob("*.parquet"), None) or next(path.glob("data/*.parquet"), None)
        return "parquet" if tables else "folder"
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise DataError(
            Problem("D01", "expected a folder, a .csv, .npz or .parquet file", str(path))
        )
    return form


def resolve(text: str, base: Path) -> Path:
    """A path as the user wrote it: `~` and `$VAR` expanded, relative to `base`, made absolute."""
    if "\0" in text:
        raise DataError(Problem("D01", "no path has the character NUL in it", repr(text)))
    return Path(os.path.realpath(base / os.path.expanduser(os.path.expandvars(text))))
