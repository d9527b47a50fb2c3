"""Arrays in files, mapped instead of read: as large as the disk, in little memory."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from autocnn.data.cache import default_cache

CHUNK = 4 << 20
"""Bytes that are copied or converted at once."""


LARGE = 32 << 20
"""Bytes of a converted array that are kept in memory."""


@contextmanager
def unpacked(read: Callable[[int], bytes], most: int | None = None) -> Iterator[IO[bytes]]:
    """What `read` gives, at most so many bytes, in a file without a name.

    What is mapped of it stays as long as the mapping. It lies in the cache's folder, since
    temporary folders may be memory, and is written plainly: a full disk would kill who writes to a
    mapping.
    """
    folder = default_cache()
    folder.mkdir(parents=True, exist_ok=True)
    left = sys.maxsize if most is None else most
    with tempfile.TemporaryFile(dir=folder) as file:
        while block := read(min(CHUNK, left)):
            left -= file.write(block)
        file.flush()
        yield file


def in_archive(path: Path, member: str) -> NDArray[Any]:
    """The array `member` of an npz archive: mapped where it is stored, else from an unpacked copy.

    All of it is read once, for its checksum. Raises zipfile.BadZipFile or zlib.error where it is
    damaged, and ValueError where it holds Python objects.
    """
    with zipfile.ZipFile(path) as archive, archive.open(f"{member}.npy") as stream:
        info = archive.getinfo(f"{member}.npy")
        if info.compress_type != zipfile.ZIP_STORED:
            with unpacked(stream.read) as file:
                return _array(file, 0)
        while stream.read(CHUNK):
            pass
    with path.open("rb") as file:
        file.seek(info.header_offset + 26)
        name, extra = np.frombuffer(file.read(4), "<u2").tolist()
        return _array(file, info.header_offset + 30 + name + extra)


def _array(file: IO[bytes], start: int) -> NDArray[Any]:
    """The array whose `.npy` content begins there."""
    file.seek(start)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, fortran, kind = read(file)
    if kind.hasobject:
        raise ValueError("an array of Python objects, which are pickled")
    if 0 in shape:
        return np.empty(shape, kind)
    order = "F" if fortran else "C"
    return np.memmap(file, kind, "r", file.tell(), shape, order)  # type: ignore[call-overload,no-any-return]


def converted(
    array: NDArray[Any], convert: Callable[[NDArray[Any]], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """What becomes of an array piece by piece, of the same shape; mapped where it is large."""
    pieces = (convert(piece) for piece in slices(array))
    if array.size <= LARGE:
        return np.concatenate([np.empty((0, *array.shape[1:]), np.uint8), *pieces])
    written = (piece.tobytes() for piece in pieces)
    with unpacked(lambda _size: next(written, b"")) as file:
        return np.memmap(file, np.uint8, "r", 0, array.shape)


def slices(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The array in contiguous pieces of a few MB along its first axis."""
    step = max(1, CHUNK // max(1, array[:1].nbytes))
    for start in range(0, len(array), step):
        yield np.ascontiguousarray(array[start : start + step])
