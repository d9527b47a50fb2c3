"""Encoded images in the columns of a table, a piece of which is in memory at a time."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autocnn.data.decode import decode_bytes, inspect_bytes
from autocnn.data.items import BadImage, Header, Items, Pixels

if TYPE_CHECKING:
    from autocnn.data.preprocessing import Preprocessing

Piece = tuple[str, int, int, Callable[[int, str], Any], str]
"""File name, rows, number in its file, a function that loads a column of it, the column."""
KEPT = 2
"""Pieces in memory: images are asked for in order, by several threads."""


class EncodedItems(Items):
    """Images of one part, piece after piece, as bytes or as `{bytes, path}`."""

    def __init__(self, part: str, pieces: Sequence[Piece]):
        self._part, self._pieces = part, pieces
        self._starts = np.cumsum([0, *(rows for _, rows, *_ in pieces)])
        self._loaded: dict[int, Any] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def name(self, index: int) -> str:
        return f"{self._part}[{index}]"

    def inspect(self, index: int) -> tuple[Header, str]:
        content = self._content(index)
        return inspect_bytes(content), hashlib.sha256(content).hexdigest()

    def decode(self, index: int, preprocessing: Preprocessing) -> Pixels:
        return decode_bytes(self._content(index), preprocessing)

    def _content(self, index: int) -> bytes:
        number = int(np.searchsorted(self._starts, index, side="right")) - 1
        value = self._load(number)[index - int(self._starts[number])].as_py()
        content = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(content, bytes):
            raise BadImage("D24", "the table holds no bytes of it")
        return content

    def _load(self, number: int) -> Any:
        with self._lock:
            if number not in self._loaded:
                while len(self._loaded) >= KEPT:
                    self._loaded.pop(next(iter(self._loaded)))
                _, _, piece, load, column = self._pieces[number]
                self._loaded[number] = load(piece, column)
            return self._loaded[number]
