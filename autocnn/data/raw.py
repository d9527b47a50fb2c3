"""The decoded images of one group in one file, before they are sorted into parts."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocnn.data.items import BadImage, Items, Pixels
from autocnn.data.mapped import slices
from autocnn.data.preprocessing import Preprocessing
from autocnn.data.sources.source import Progress
from autocnn.data.threads import SLICE, for_each

STEP = 256
"""Images between two reports of progress."""
WAITING = 32 << 20
"""Bytes of decoded images that wait for their turn at most."""


@dataclass(frozen=True)
class Raw:
    """A `.npy` file `(N, H, W, C)`, a digest of each image's pixels, and what is wrong with some.

    Rows of bad images are black and have an empty digest.
    """

    file: Path
    digests: list[bytes]
    bad: dict[int, BadImage]


class Decoded:
    """The raw files of all groups, one after another: rows `(n,)` to images `(n, H, W, C)`."""

    def __init__(self, raws: Sequence[Raw]):
        self._starts = np.cumsum([0, *(len(raw.digests) for raw in raws)])
        self._maps = [np.load(raw.file, mmap_mode="r") for raw in raws]

    def __call__(self, rows: NDArray[np.int64]) -> Pixels:
        images = np.empty((len(rows), *self._maps[0].shape[1:]), np.uint8)
        of = np.searchsorted(self._starts, rows, side="right") - 1
        for number, mapped in enumerate(self._maps):
            images[of == number] = mapped[rows[of == number] - self._starts[number]]
        return images


def decode_all(items: Items, preprocessing: Preprocessing, file: Path, progress: Progress) -> Raw:
    """Decode on all allowed cores and write in order, in bounded memory."""
    digests: list[bytes] = []
    bad: dict[int, BadImage] = {}
    black = np.zeros((preprocessing.height, preprocessing.width, preprocessing.channels), np.uint8)

    def rows() -> Iterator[Pixels]:
        for image in _decoded(items, preprocessing):
            if isinstance(image, BadImage):
                bad[len(digests)] = image
                digests.append(b"")
                yield black
            else:
                digests.append(hashlib.blake2b(image.data, digest_size=16).digest())
                yield image
            if len(digests) % STEP == 0:
                progress("decoding images", len(digests) / len(items))

    write_images(file, (len(items), *black.shape), rows())
    return Raw(file, digests, bad)


def _decoded(items: Items, preprocessing: Preprocessing) -> Iterator[Pixels | BadImage]:
    ready = items.ready(preprocessing)
    if ready is not None:
        for piece in slices(ready):
            yield from piece
        return

    def decode(index: int) -> Pixels:
        return np.ascontiguousarray(items.decode(index, preprocessing))

    waiting = max(8, min(SLICE, WAITING // math.prod(preprocessing.shape)))
    yield from for_each(decode, len(items), waiting)


def write_images(file: Path, shape: tuple[int, ...], rows: Iterable[Pixels]) -> None:
    """Write `rows` as one array; plain writes, since a full disk kills who writes to a mapping."""
    with file.open("wb") as stream:
        np.lib.format.write_array_header_1_0(
            stream,
            {
                "shape": shape,
                "fortran_order": False,
                "descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)),
            },
        )
        for row in rows:
            stream.write(row.data)
