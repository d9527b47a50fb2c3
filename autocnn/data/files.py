"""Images in files, read when their turn comes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autocnn.data.decode import decode_bytes, inspect_bytes, read
from autocnn.data.items import Header, Items, Pixels

if TYPE_CHECKING:
    from autocnn.data.preprocessing import Preprocessing


class FileItems(Items):
    """Image files, named relative to the folder or table that lists them."""

    def __init__(self, root: Path, names: Sequence[str]):
        self._root = root
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def name(self, index: int) -> str:
        return printable(self._names[index])

    def path(self, index: int) -> Path | None:
        return self._root / self._names[index]

    def inspect(self, index: int) -> tuple[Header, str]:
        content = read(self._root / self._names[index])
        header = inspect_bytes(content, Path(self._names[index]).suffix)
        return header, hashlib.sha256(content).hexdigest()

    def decode(self, index: int, preprocessing: Preprocessing) -> Pixels:
        return decode_bytes(read(self._root / self._names[index]), preprocessing)


def printable(name: str) -> str:
    """A file name without the surrogates that stand for bytes that are not UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
