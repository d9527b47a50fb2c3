"""Where decoded data sets lie and how they appear there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autocnn.data.dataset import DOCUMENT, FILES, NAMES, ROWS, UNLABELLED, Dataset
from autocnn.errors import DataError

ABANDONED = 24 * 3600
"""Seconds after which an unfinished folder is taken for the rest of a killed process."""


def default_cache() -> Path:
    """`AUTOCNN_CACHE` if set, else the user's cache folder."""
    given = os.environ.get("AUTOCNN_CACHE")
    if given:
        return Path(given).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("autocnn", appauthor=False)


class Cache:
    """Decoded data sets by fingerprint, and the fingerprints of sources seen before by stamp.

    A stamp is a cheap digest of the options and of names, sizes and times of the source's files:
    it spares reading them again, and is never relied on for more.
    """

    def __init__(self, root: Path):
        self.root = root.absolute()
        self.downloads = self.root / "downloads"

    def folder(self, fingerprint: str) -> Path:
        return self.root / "datasets" / fingerprint

    def find(self, fingerprint: str, source: str) -> Dataset | None:
        """The data set if it is there and whole; what is damaged is removed."""
        folder = self.folder(fingerprint)
        if not folder.exists():
            return None
        try:
            document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
            whole = all(
                (folder / name).stat().st_size == size for name, size in document["files"].items()
            )
            if whole:
                return Dataset.map(
                    {"folder": str(folder), "fingerprint": fingerprint, "source": source}
                )
        except (OSError, ValueError, KeyError, DataError):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        return None

    @contextmanager
    def creating(self, fingerprint: str) -> Iterator[Path]:
        """A folder to fill; it takes its place at the end, unless another process was faster."""
        place = self.folder(fingerprint)
        place.parent.mkdir(parents=True, exist_ok=True)
        self._sweep(place.parent)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{fingerprint[:16]}.", dir=place.parent))
        try:
            yield unfinished
            for name in os.listdir(unfinished):
                _sync(unfinished / name)
            try:
                unfinished.rename(place)
            except OSError:
                if not (place / DOCUMENT).exists():
                    raise
            _sync(place.parent)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    @contextmanager
    def passing(self) -> Iterator[Path]:
        """A folder that is gone afterwards, some time later even where the process was killed."""
        folder = self.folder("")
        folder.mkdir(parents=True, exist_ok=True)
        self._sweep(folder)
        with tempfile.TemporaryDirectory(prefix=".passing.", dir=folder) as name:
            yield Path(name)

    def known(self, stamp: str, source: str) -> Dataset | None:
        """The data set that a source with this stamp gave before."""
        try:
            fingerprint = (self.root / "stamps" / stamp).read_text(encoding="ascii")
        except (OSError, ValueError):
            return None
        return self.find(fingerprint, source)

    def remember(self, stamp: str, fingerprint: str) -> None:
        folder = self.root / "stamps"
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(fingerprint)
        os.replace(name, folder / stamp)

    @staticmethod
    def _sweep(folder: Path) -> None:
        for entry in folder.glob(".*"):
            try:
                old = time.time() - entry.stat().st_mtime > ABANDONED
            except OSError:
                continue
            if old:
                shutil.rmtree(entry, ignore_errors=True)


def write_document(folder: Path, document: dict[str, object]) -> None:
    """Write `dataset.json` last, with the sizes of the files beside it."""
    names = sorted({ROWS, NAMES, UNLABELLED, *FILES.values()})
    sizes = {n: (folder / n).stat().st_size for n in names if (folder / n).exists()}
    text = json.dumps(document | {"files": sizes}, indent=1, allow_nan=False)
    (folder / DOCUMENT).write_text(text, encoding="utf-8")


def digest(value: object) -> str:
    """The sha256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
