"""A folder that appears whole or not at all, with a manifest that notices any changed byte."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autocnn.errors import BundleError, Problem, SpaceError
from autocnn.reuse.document import FORMAT

MANIFEST = "manifest.json"
LARGEST_TEXT = 16 * 2**20
"""Bytes of a JSON or YAML file of a bundle; anything larger is refused unread."""


@contextmanager
def new_folder(target: Path, *, force: bool = False, like: str = "") -> Iterator[Path]:
    """Give a temporary folder beside `target` that becomes `target` when the block ends well.

    Raises SpaceError if `target` is there already, unless `force` is set and it is a bundle, empty
    or has only files whose names are `like` a pattern, or if it cannot be written.
    """
    target = Path(os.path.abspath(target))
    refuse_existing(target, force=force, like=like)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
    except OSError as error:
        raise SpaceError(_unwritable(target, error)) from error
    try:
        yield temporary
        _sync(temporary)
        _swap(temporary, target)
    except OSError as error:
        raise SpaceError(_unwritable(target, error)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_manifest(folder: Path) -> None:
    """Record size and sha256 of every file of the folder."""
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for path in sorted(folder.iterdir())
    }
    document = {"format": FORMAT, "files": files}
    (folder / MANIFEST).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def check_manifest(folder: Path, needed: tuple[str, ...]) -> None:
    """Compare every file with the manifest; raises BundleError naming all that differ."""
    if not folder.is_dir():
        raise BundleError(Problem("A01", "is not a folder; a bundle is one", str(folder)))
    document = read_json(folder / MANIFEST)
    check_format(document.get("format"), folder / MANIFEST)
    files = document.get("files")
    if not isinstance(files, Mapping):
        raise BundleError(Problem("A01", "has no table of files", str(folder / MANIFEST)))
    problems = [
        Problem("A01", f"does not list {name}", str(folder / MANIFEST))
        for name in needed
        if name not in files
    ]
    for name, entry in files.items():
        fault = _compare(folder, name, entry)
        if fault:
            problems.append(fault)
    if problems:
        raise BundleError(*problems)


def check_format(found: object, file: Path) -> None:
    """Raise BundleError unless the format number is one that this version reads."""
    if type(found) is not int or found < 1:
        raise BundleError(Problem("A07", f"expected a format number, got {found!r}", str(file)))
    if found > FORMAT:
        raise BundleError(
            Problem(
                "A07",
                f"has bundle format {found}, made by a newer autocnn; this one reads {FORMAT}",
                str(file),
            )
        )


def read_json(file: Path) -> dict[str, Any]:
    """Read a small JSON object; raises BundleError if it is anything else."""
    try:
        document = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise BundleError(Problem("A01", "is not valid JSON", str(file))) from error
    if not isinstance(document, dict):
        raise BundleError(Problem("A01", "is not a JSON object", str(file)))
    return document


def read_text(file: Path) -> str:
    """Read a small UTF-8 text file; raises BundleError if it is missing, large or other bytes."""
    try:
        if not file.is_file():
            raise BundleError(Problem("A01", "is missing", str(file)))
        if file.stat().st_size > LARGEST_TEXT:
            raise BundleError(Problem("A01", f"is over {LARGEST_TEXT:,} bytes", str(file)))
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(Problem("A01", "cannot be read as UTF-8 text", str(file))) from error


def sha256_of(file: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _compare(folder: Path, name: str, entry: object) -> Problem | None:
    file = folder / name
    if name != Path(name).name or name in {"", ".", ".."}:
        return Problem("A01", f"lists {name!r}, which is not a file name", str(folder / MANIFEST))
    if not isinstance(entry, Mapping):
        return Problem("A01", f"has no size and sha256 of {name}", str(folder / MANIFEST))
    if not file.is_file():
        return Problem("A01", "is missing", str(file))
    size = file.stat().st_size
    if size != entry.get("bytes"):
        return Problem(
            "A01", f"has {size} bytes, the manifest says {entry.get('bytes')}", str(file)
        )
    if sha256_of(file) != entry.get("sha256"):
        return Problem("A02", "was changed: its sha256 is not the manifest's", str(file))
    return None


def refuse_existing(target: Path, *, force: bool, like: str = "") -> None:
    if not os.path.lexists(target):
        return
    if not force:
        raise SpaceError(Problem("A13", "is there already; --force replaces it", str(target)))
    replaceable = target.is_dir() and not target.is_symlink()
    if replaceable and not (target / MANIFEST).is_file():
        files = (path for path in target.rglob("*") if not path.is_dir() or path.is_symlink())
        replaceable = all(like and path.match(like) for path in files)
    if not replaceable:
        what = f"has files that are no {like}" if like else "is not a bundle"
        raise SpaceError(Problem("A13", f"{what} and is not replaced", str(target)))


def _sync(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _swap(temporary: Path, target: Path) -> None:
    aside = target.with_name(f".{target.name}.{os.getpid()}.old")
    shutil.rmtree(aside, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        target.rename(aside)
    temporary.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _unwritable(target: Path, error: OSError) -> Problem:
    return Problem("A13", f"cannot be written: {error.strerror}", str(target))
