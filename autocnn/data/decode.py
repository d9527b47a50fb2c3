"""From the bytes of an image file to the pixels that a network sees.

Training, prediction and serving all decode here, so that they agree. A cut file is noticed; bytes
overwritten in the middle of a JPEG are not where they still decode to some picture.
"""

from __future__ import annotations

import io
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from autocnn.data.items import BadImage, Header, Pixels
from autocnn.data.preprocessing import Preprocessing

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
SUFFIXES = {
    ".png": "PNG",
    ".apng": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".ppm": "PPM",
    ".pgm": "PPM",
    ".pbm": "PPM",
    ".pnm": "PPM",
}
MOST_PIXELS = 64_000_000
"""Larger images are refused before they are decoded: they may be bombs."""
MOST_BYTES = 512 << 20
LEAST_SIDE = 2
SLENDER = 8
"""Ratio of the sides from which an image is remarked on."""
ORIENTATION = 0x0112
WHITE_16 = 65535
SHALLOW = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")


def decode(source: Path | str | bytes, preprocessing: Preprocessing) -> Pixels:
    """Decode a file or its bytes to uint8 pixels `(H, W, C)`; raises BadImage."""
    with quiet_pillow():
        return decode_bytes(source if isinstance(source, bytes) else read(source), preprocessing)


def read(path: Path | str) -> bytes:
    """The bytes of a regular file of bounded size; raises BadImage."""
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise BadImage("D23", "not a regular file")
            if status.st_size > MOST_BYTES:
                raise BadImage("D19", f"{status.st_size >> 20} MiB, more than {MOST_BYTES >> 20}")
            return file.read()
    except (OSError, ValueError) as error:
        raise BadImage("D24", getattr(error, "strerror", None) or "cannot be opened") from error


def decode_bytes(content: bytes, preprocessing: Preprocessing) -> Pixels:
    """`decode` for many threads, within `quiet_pillow`."""
    with opened(content) as image:
        if image.format == "JPEG":
            # Reading at half, quarter or eighth size saves most of the time for photographs.
            longest = max(preprocessing.height, preprocessing.width)
            image.draft(None, (2 * longest, 2 * longest))
        return prepare(image, preprocessing)


def inspect_bytes(content: bytes, suffix: str = "") -> Header:
    """Size, mode and remarks without decoding; raises BadImage."""
    with opened(content) as image:
        width, height = image.size
        if _orientation(image) >= 5:
            width, height = height, width
        remarks = tuple(_remarks(image, suffix))
        return Header(height, width, _is_gray(image), remarks, image.mode)


@contextmanager
def opened(content: bytes) -> Iterator[Image.Image]:
    """Open with Pillow, whose own errors become BadImage: they may name memory addresses."""
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise BadImage("D08", "the file is empty")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise BadImage("D19", f"{width}x{height} is more than {MOST_PIXELS:,} pixels")
            if min(width, height) < LEAST_SIDE:
                raise BadImage("D20", f"{width}x{height} is smaller than 2x2")
            yield image
    except BadImage:
        raise
    except UnidentifiedImageError as error:
        raise BadImage("D08", f"not an image of these formats: {', '.join(FORMATS)}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage("D19", f"more than {MOST_PIXELS:,} pixels") from error
    except MemoryError as error:
        raise BadImage("D19", "does not fit into memory") from error
    except Exception as error:
        # On damaged files Pillow raises nearly anything.
        cut = "truncated" in str(error) or isinstance(error, EOFError)
        text = "truncated" if cut else f"damaged ({type(error).__name__})"
        raise BadImage("D06", text) from error


def prepare(image: Image.Image, preprocessing: Preprocessing) -> Pixels:
    """Turn upright in place, flatten on the background, convert, resize: `(H, W, C)`."""
    from PIL import ImageOps

    ImageOps.exif_transpose(image, in_place=True)  # first: a converted image may lack the EXIF
    flat = _to_mode(image, preprocessing)
    size = (preprocessing.width, preprocessing.height)
    if flat.size != size:
        flat = _resize(flat, preprocessing)
    pixels: Pixels = np.asarray(flat)
    return pixels.reshape(preprocessing.height, preprocessing.width, preprocessing.channels)


def _resize(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    from PIL import Image, ImageOps

    size, filter_ = (preprocessing.width, preprocessing.height), Image.Resampling.BILINEAR
    if preprocessing.fit == "stretch":
        return image.resize(size, filter_)
    if preprocessing.fit == "crop":
        return ImageOps.fit(image, size, filter_)
    colour = preprocessing.background
    fill = _luma(colour) if image.mode == "L" else colour
    return ImageOps.pad(image, size, filter_, color=fill)


def _to_mode(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Bring any mode to `L` or `RGB`."""
    from PIL import Image, ImageChops

    mode = "L" if preprocessing.channels == 1 else "RGB"
    if image.mode not in (*SHALLOW, *DEEP):
        raise BadImage("D12", f"the colour mode {image.mode} is not supported")
    if image.mode in DEEP:
        return _shallow(image, preprocessing).convert(mode)
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Pillow takes every such JPEG for Adobe's, which stores the inverse.
        image = ImageChops.invert(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        background = Image.new("RGBA", image.size, (*preprocessing.background, 255))
        image = Image.alpha_composite(background, image)
    elif image.mode == "P":
        image = image.convert("RGB")
    return image.convert(mode)


def _shallow(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Scale more than 8 bits to `L`, so that `max_value` becomes 255."""
    from PIL import Image

    values = np.asarray(image)
    white = preprocessing.max_value
    if white is None:
        if image.mode == "F":
            raise BadImage("D12", "floating-point image: give data.max_value, the value of white")
        white = WHITE_16
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise BadImage("D12", "holds values that are not finite")
    if low < 0 or high > white:
        raise BadImage("D12", f"values in [{low:g}, {high:g}], expected [0, {white:g}]")
    pixels = np.empty(values.shape, np.uint8)
    for row, found in zip(pixels, values, strict=True):  # all at once in float64 takes a gigabyte
        row[:] = np.rint(found.astype(np.float64) * (255 / white))
    return Image.fromarray(pixels)


def _orientation(image: Image.Image) -> int:
    """How the image is still to be turned, as EXIF numbers it."""
    if image.format == "TIFF":
        return 1  # Pillow turns it itself, its size says so from the beginning
    if image.format == "PNG" and not {"exif", "Raw profile type exif"} & set(image.info):
        return 1  # asking would decode the whole file
    return int(image.getexif().get(ORIENTATION, 1))


def _is_gray(image: Image.Image) -> bool:
    if image.mode == "P":
        colours = np.array(image.getpalette() or [0, 0, 0]).reshape(-1, 3)
        return bool((colours == colours[:, :1]).all())
    return image.mode in ("1", "L", "LA", "La", *DEEP)


def _remarks(image: Image.Image, suffix: str) -> Iterator[str]:
    expected = SUFFIXES.get(suffix.lower())
    found = "JPEG" if image.format == "MPO" else image.format
    if expected is not None and found != expected:
        yield f"{found} under the name of {expected}"
    if image.mode in DEEP:
        yield "more than 8 bits, scaled"
    if image.mode == "CMYK":
        yield "CMYK, converted"
    if image.has_transparency_data:
        yield "transparent, put on the background"
    if image.format != "MPO" and getattr(image, "is_animated", False):
        yield "more than one frame, the first is used"
    if max(image.size) >= SLENDER * min(image.size):
        yield f"longer than {SLENDER} times its breadth"


def _luma(colour: tuple[int, int, int]) -> int:
    red, green, blue = colour
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Silence Pillow's remarks on odd metadata and make an error of its size warning.

    Enter it once around threads, not in each: the filters belong to the whole process.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.init()  # not in several threads at once
        yield
