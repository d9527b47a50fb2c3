"""Prediction on files, folders and arrays: one row for each image, bad ones included."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from autocnn.data.decode import (
    SUFFIXES,
    decode_bytes,
    inspect_bytes,
    prepare,
    quiet_pillow,
    read,
)
from autocnn.data.files import printable
from autocnn.data.items import BadImage
from autocnn.data.preprocessing import Preprocessing
from autocnn.data.sources.walk import is_hidden
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from autocnn.reuse.predictor import Predictor

FILES_AT_ONCE = 64
MOST_ENLARGED = 4
"""An image that is enlarged more than this many times gets a note: it lacks detail."""


@dataclass(frozen=True)
class Prediction:
    """What the network says about one image, or why it could not be asked.

    `probabilities` holds one value for each class or label, in the order of the bundle's; `label`
    is the most probable class, or the labels that are as probable as not, with the task's
    separator between them; `probability` is that of the class. In a regression there are `values`
    instead. What does not belong to the task, or with an `error`, is None. A `note` says what
    makes an answer doubtful.
    """

    file: str
    label: str | None = None
    probability: float | None = None
    probabilities: tuple[float, ...] | None = None
    values: tuple[float, ...] | None = None
    error: str = ""
    note: str = ""


def predict_files(bundle: Predictor, paths: Iterable[str | Path]) -> Iterator[Prediction]:
    """Predict files and folders (with their sub-folders) in order; bad ones give an error row."""
    files = images_below(paths)
    while part := list(islice(files, FILES_AT_ONCE)):
        with quiet_pillow():
            read = [decoded(file, bundle.document.preprocessing) for file in part]
        answers = _answers(bundle, [each for each in read if not isinstance(each, str)])
        for file, image in zip(part, read, strict=True):
            name = printable(os.fspath(file))
            if isinstance(image, str):
                yield Prediction(name, error=image)
            else:
                yield Prediction(name, **next(answers), note=image.note)


def predict_arrays(bundle: Predictor, images: Any) -> Iterator[Prediction]:
    """Predict what `decode_arrays` takes; the `file` of a row is its index."""
    for index, answer in enumerate(_answers(bundle, decode_arrays(bundle, images))):
        yield Prediction(str(index), **answer)


def decode_arrays(bundle: Predictor, given: Any) -> NDArray[np.uint8]:
    """Bring images to the network's size and channels.

    They are an array `(N, H, W[, C])`, or arrays or images of Pillow of any sizes, one by one.
    Raises DataError.
    """
    import numpy as np
    from PIL.Image import Image

    from autocnn.data.arrays import ArrayItems, as_array, as_images

    given = [given] if isinstance(given, Image) else given
    listed = isinstance(given, list | tuple)
    if listed and given and all(isinstance(one, Image) for one in given):
        return _decode_images(given, bundle.document.preprocessing)
    shapes = [tuple(getattr(one, "shape", ())) for one in given] if listed else []
    if len(set(shapes)) > 1 and all(len(shape) in (2, 3) for shape in shapes):
        return np.concatenate([decode_arrays(bundle, one[None]) for one in given])
    images = as_array(given, "D12", "x")
    if images.ndim == 3 and images.shape[2] in (3, 4):
        text = f"expected images (N, H, W) or (N, H, W, C), got one image {images.shape}: x[None]"
        raise DataError(Problem("D12", text, "x"))
    channels, height, width = bundle.document.preprocessing.shape
    if images.ndim == 3 and len(images) == channels == 3 and hasattr(given, "permute"):
        text = f"expected images (N, C, H, W), got {images.shape}: x[None] is one image, "
        raise DataError(Problem("D12", text + "x[:, None] are three gray ones", "x"))
    items, preprocessing = ArrayItems(as_images(images)), bundle.document.preprocessing
    ready = items.ready(preprocessing)
    if ready is not None:
        return ready
    pixels = np.empty((len(items), height, width, channels), np.uint8)
    for index in range(len(items)):
        pixels[index] = items.decode(index, preprocessing)
    return pixels


def _decode_images(images: Sequence[Image.Image], how: Preprocessing) -> NDArray[np.uint8]:
    """The pixels `(N, H, W, C)` of images of any size and mode."""
    import numpy as np

    pixels = []
    with quiet_pillow():
        for index, image in enumerate(images):
            try:
                pixels.append(prepare(image.copy(), how))  # which turns it in place
            except BadImage as error:
                raise DataError(Problem(error.rule, f"image {index}: {error}", "x")) from error
    return np.stack(pixels)


class Decoded(NamedTuple):
    pixels: NDArray[np.uint8]
    note: str


def decoded(file: Path, preprocessing: Preprocessing) -> Decoded | str:
    """The pixels of a file `(H, W, C)` and a note, or what is wrong with it."""
    try:
        content = read(file)
        header = inspect_bytes(content)
        pixels = decode_bytes(content, preprocessing)
    except BadImage as error:
        return str(error)
    scale = max(preprocessing.height / header.height, preprocessing.width / header.width)
    note = f"enlarged {scale:.3g} times" if scale > MOST_ENLARGED else ""
    return Decoded(pixels, note)


def _answers(
    bundle: Predictor, images: NDArray[np.uint8] | Sequence[Decoded]
) -> Iterator[dict[str, Any]]:
    import numpy as np

    if not len(images):
        return
    pixels = (
        images if isinstance(images, np.ndarray) else np.stack([image.pixels for image in images])
    )
    for predictions in bundle.predictions(pixels):
        yield bundle.document.task.answer(predictions, bundle.classes)


def images_below(paths: Iterable[str | Path]) -> Iterator[Path]:
    """Files as they are named; of a folder all that look like images, in the order of names.

    Hidden files and folders are passed over, links to folders are not followed.
    """
    for path in map(Path, paths):
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not is_hidden(name))
            for name in sorted(names):
                if Path(name).suffix.lower() in SUFFIXES and not is_hidden(name):
                    yield Path(folder) / name
