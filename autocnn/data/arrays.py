"""Images that are arrays already: checked, and brought to uint8."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocnn.data.items import Header, Items, Pixels
from autocnn.data.mapped import converted, slices
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    from autocnn.data.preprocessing import Preprocessing

CHANNELS = (1, 3, 4)
DARK = "16 bits with no value above 255, nearly black unless data.max_value is given"


class ArrayItems(Items):
    """Images `(N, H, W, C)` of one size: uint8 with 1, 3 or 4 channels, or uint16 with one.

    The bytes of uint16 may be in either order.
    """

    def __init__(self, images: NDArray[Any], name: str = "x"):
        self._images = images
        self._name = name

    def __len__(self) -> int:
        return len(self._images)

    def name(self, index: int) -> str:
        return f"{self._name}[{index}]"

    def inspect(self, index: int) -> tuple[Header, str]:
        image = self._images[index]
        return self._header, hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()

    def common(self) -> tuple[Header, str]:
        whole = hashlib.sha256(f"{self._images.shape} {self._images.dtype}".encode())
        for piece in slices(self._images):
            whole.update(piece.data)
        return self._header, whole.hexdigest()

    def decode(self, index: int, preprocessing: Preprocessing) -> Pixels:
        from PIL import Image

        from autocnn.data.decode import prepare

        image = self._images[index]
        return prepare(
            Image.fromarray(image[..., 0] if image.shape[2] == 1 else image), preprocessing
        )

    def ready(self, preprocessing: Preprocessing) -> Pixels | None:
        wanted = (preprocessing.height, preprocessing.width, preprocessing.channels)
        if self._images.dtype == np.uint8 and self._images.shape[1:] == wanted:
            return self._images
        return None

    @cached_property
    def _header(self) -> Header:
        _, height, width, channels = self._images.shape
        if _is_16_bit(self._images):
            dark = all(piece.max() <= 255 for piece in slices(self._images))
            return Header(height, width, True, (DARK,) if dark else (), "I;16")
        mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        return Header(height, width, channels == 1, mode=mode)


def _is_16_bit(array: NDArray[Any]) -> bool:
    return array.dtype.newbyteorder("=") == np.uint16


def as_array(values: Any, rule: str, name: str) -> NDArray[Any]:
    """The values, of a sparse matrix too, as an array; raises DataError for rows of two shapes.

    Images in tensors of torch, one or a list, may have their channels before the pixels.
    """
    listed = isinstance(values, list | tuple) and len(values) > 0
    tensors = all(map(_is_tensor, values)) if listed else _is_tensor(values)
    if hasattr(values, "toarray"):
        values = values.toarray()
    elif tensors:
        values = [_plain(each) for each in values] if listed else _plain(values)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(Problem(rule, "expected rows of one shape", name)) from error
    return np.moveaxis(array, 1, 3) if tensors and _channels_first(array.shape) else array


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "permute")


def _plain(tensor: Any) -> NDArray[Any]:
    """A tensor of any device as an array, one of a gradient or of bfloat16 too."""
    short = tensor.is_floating_point() and tensor.element_size() < 4
    found: NDArray[Any] = (tensor.float() if short else tensor).detach().cpu().numpy()
    return found


def _channels_first(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[1] in CHANNELS and shape[3] not in CHANNELS


def as_images(array: NDArray[Any], name: str = "x") -> NDArray[Any]:
    """Check an array of images and return it as `(N, H, W, C)`, uint8 or uint16.

    Takes `(N, H, W)` and `(N, H, W, C)`; uint8 in [0, 255], uint16 in [0, 65535], booleans, other
    whole numbers in [0, 255], and floating-point numbers in [0, 1]. Raises DataError.
    """

    def refuse(text: str) -> DataError:
        return DataError(Problem("D12", text, name))

    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4:
        raise refuse(f"expected images (N, H, W) or (N, H, W, C), got the shape {array.shape}")
    if array.shape[3] not in CHANNELS:
        hint = "; move the channels last" if _channels_first(array.shape) else ""
        raise refuse(f"expected 1, 3 or 4 channels, got {array.shape[3]} in {array.shape}{hint}")
    if min(array.shape[1:3]) < 2:
        raise refuse(f"expected images of 2x2 or larger, got the shape {array.shape}")
    if array.dtype == np.uint8:
        return array
    if _is_16_bit(array):
        if array.shape[3] != 1:
            raise refuse("16-bit images must have one channel")
        return array
    if array.dtype == np.bool_:
        return converted(array, lambda piece: np.where(piece, np.uint8(255), np.uint8(0)))
    if array.dtype.kind not in "iuf":
        raise refuse(f"expected numbers, got the type {array.dtype}")
    low, high = (array.min(), array.max()) if array.size else (0, 0)
    if array.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise refuse(f"expected whole numbers in [0, 255], got [{low}, {high}]")
        return converted(array, lambda piece: piece.astype(np.uint8))
    if not (np.isfinite(low) and np.isfinite(high)):
        raise refuse("some values are not finite (nan or inf)")
    if not (low >= 0 and high <= 1):
        raise refuse(
            f"expected floating-point values in [0, 1], got [{low:g}, {high:g}]"
            "; give values in [0, 255] as uint8"
        )
    return converted(array, lambda piece: np.rint(piece * 255).astype(np.uint8))
