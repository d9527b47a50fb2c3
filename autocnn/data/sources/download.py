"""Fetch published files: checked against their published digest, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from autocnn.data.sources.source import Progress

SILENCE = 30
"""Seconds without a byte after which a download is given up."""
CHUNK = 1 << 18


class DownloadError(Exception):
    """The files could not be fetched; the text says why."""


@dataclass(frozen=True)
class Download:
    """Files below `url` with their digests, as `sha256:...` or, where only that is published, md5.

    If `members` is given, each file is an archive, and the files wanted are its members.
    """

    url: str
    digests: Mapping[str, str]
    members: tuple[str, ...] = field(default=())

    def fetch(self, folder: Path, progress: Progress) -> None:
        """Put the files into `folder`; raises DownloadError."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, digest in self.digests.items():
                if self.members:
                    with tempfile.TemporaryDirectory(dir=folder) as passing:
                        archive = Path(passing) / name
                        _fetch(self.url + name, digest, archive, progress)
                        _unpack(archive, self.members, folder)
                elif not (folder / name).exists():
                    _fetch(self.url + name, digest, folder / name, progress)
        except (OSError, URLError, zipfile.BadZipFile, KeyError) as error:
            raise DownloadError(str(error)) from error


def _fetch(url: str, digest: str, target: Path, progress: Progress) -> None:
    algorithm, expected = digest.split(":")
    found = hashlib.new(algorithm, usedforsecurity=False)
    with (
        urlopen(url, timeout=SILENCE) as answer,
        tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file,
    ):
        try:
            total, got = int(answer.headers.get("Content-Length") or 0), 0
            while block := answer.read(CHUNK):
                found.update(block)
                file.write(block)
                got += len(block)
                progress(f"downloading {url}", min(got / total, 1.0) if total else 0.0)
            if found.hexdigest() != expected:
                raise DownloadError(f"{url}: the {algorithm} is not the published one")
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _unpack(archive: Path, members: tuple[str, ...], folder: Path) -> None:
    with zipfile.ZipFile(archive) as package:
        for member in members:
            target = folder / Path(member).name
            with (
                tempfile.NamedTemporaryFile(dir=folder, delete=False) as file,
                package.open(member) as content,
            ):
                shutil.copyfileobj(content, file)
            os.replace(file.name, target)
