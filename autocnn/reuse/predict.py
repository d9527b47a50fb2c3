"""Prediction on files, folders and arrays: one row for each image, bad ones included."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from autocnn.reuse.bundle import Bundle

FILES_AT_ONCE = 64


@dataclass(frozen=True)
class Prediction:
    """What the network says about one image, or why it could not be asked.

    `probabilities` holds one value for each class, in the order of the bundle's classes; `label`
    is the most probable class. With an `error` the other three are None.
    """

    file: str
    label: str | None = None
    probability: float | None = None
    probabilities: tuple[float, ...] | None = None
    error: str = ""


def predict_files(bundle: Bundle, paths: Iterable[str | Path]) -> Iterator[Prediction]:
    """Predict files and folders (with their sub-folders) in order; bad ones give an error row."""
    from autocnn.data import DecodeError, decode

    files = iter(_images_below(paths))
    while part := list(islice(files, FILES_AT_ONCE)):
        decoded: dict[int, NDArray[np.uint8]] = {}
        errors: dict[int, str] = {}
        for index, file in enumerate(part):
            try:
                decoded[index] = decode(file, bundle.document.preprocessing)
            except DecodeError as error:
                errors[index] = str(error)
        rows = dict(zip(decoded, _rows(bundle, decoded.values()), strict=True))
        for index, file in enumerate(part):
            label, probability, probabilities = rows.get(index, (None, None, None))
            yield Prediction(
                readable(file), label, probability, probabilities, errors.get(index, "")
            )


def predict_arrays(bundle: Bundle, images: NDArray[Any]) -> Iterator[Prediction]:
    """Predict an array `(N, H, W)` or `(N, H, W, C)`; the `file` of a row is its index."""
    for index, row in enumerate(_rows(bundle, decode_arrays(bundle, images))):
        yield Prediction(str(index), *row)


def decode_arrays(bundle: Bundle, images: NDArray[Any]) -> Sequence[NDArray[np.uint8]]:
    """Bring images `(N, H, W[, C])` to the network's size and channels; raises DataError."""
    from autocnn.data.arrays import ArrayItems, as_images

    items, preprocessing = ArrayItems(as_images(images)), bundle.document.preprocessing
    ready = items.ready(preprocessing)
    if ready is not None:
        return ready
    return [items.decode(index, preprocessing) for index in range(len(items))]


def readable(path: str | Path) -> str:
    """A path as text that any encoding can write; bytes that are no UTF-8 become `\\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _rows(
    bundle: Bundle, pixels: Iterable[NDArray[np.uint8]]
) -> Iterator[tuple[str, float, tuple[float, ...]]]:
    import numpy as np

    pixels = list(pixels)
    if not pixels:
        return
    for probabilities in bundle.probabilities(np.stack(pixels)):
        best = int(probabilities.argmax())
        yield bundle.classes[best], float(probabilities[best]), tuple(probabilities.tolist())


def _images_below(paths: Iterable[str | Path]) -> Iterator[Path]:
    """Files as they are named; of a folder all that look like images, sorted, links not followed
    out of it into loops."""
    from autocnn.data.decode import EXTENSIONS

    for path in map(Path, paths):
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if Path(name).suffix.lower() in EXTENSIONS:
                    yield Path(folder) / name
