"""Every mode, format and fault of image files, made by Pillow (rows D06 to D21, D23, D24)."""

import io
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autocnn.data import Preprocessing
from autocnn.data.decode import decode, inspect_bytes, quiet_pillow
from autocnn.data.items import BadImage

RGB = Preprocessing(height=8, width=8, channels=3)
GRAY = Preprocessing(height=8, width=8, channels=1)


def written(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def solid(mode: str, colour: object, size: tuple[int, int] = (8, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def header(content: bytes, suffix: str = ""):
    with quiet_pillow():
        return inspect_bytes(content, suffix)


def palette(transparent: bool = False) -> bytes:
    image = solid("P", 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    return written(image, **({"transparency": 1} if transparent else {}))


MODES = {
    "gray": (written(solid("L", 100)), (100, 100, 100), 100),
    "one bit": (written(solid("1", 1)), (255, 255, 255), 255),
    "rgb": (written(solid("RGB", (200, 100, 50))), (200, 100, 50), 124),
    "palette": (palette(), (200, 100, 50), 124),
    "palette, transparent": (palette(transparent=True), (0, 0, 0), 0),
    "gif": (written(solid("RGB", (200, 100, 50)), "GIF"), (200, 100, 50), 124),
    "bmp": (written(solid("RGB", (200, 100, 50)), "BMP"), (200, 100, 50), 124),
    "tiff": (written(solid("RGB", (200, 100, 50)), "TIFF"), (200, 100, 50), 124),
    "ppm": (written(solid("RGB", (200, 100, 50)), "PPM"), (200, 100, 50), 124),
    "webp": (written(solid("RGB", (200, 100, 50)), "WEBP", lossless=True), (200, 100, 50), 124),
    "rgba, hidden colour": (written(solid("RGBA", (200, 100, 50, 0))), (0, 0, 0), 0),
    "rgba, half": (written(solid("RGBA", (200, 100, 50, 128))), (100, 50, 25), 62),
    "la": (written(solid("LA", (200, 0))), (0, 0, 0), 0),
    "gray, transparent level": (written(solid("L", 100), transparency=100), (0, 0, 0), 0),
    "16 bit": (written(Image.fromarray(np.full((8, 8), 25700, np.uint16))), (100,) * 3, 100),
    "16 bit tiff": (
        written(Image.fromarray(np.full((8, 8), 25700, np.uint16)), "TIFF"),
        (100,) * 3,
        100,
    ),
    "32 bit": (
        written(Image.fromarray(np.full((8, 8), 25700, np.int32)), "TIFF"),
        (100,) * 3,
        100,
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_becomes_gray_and_colour(mode):
    content, colour, level = MODES[mode]
    pixels = decode(content, RGB)
    assert pixels.shape == (8, 8, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - colour).max() <= 1
    gray = decode(content, GRAY)
    assert gray.shape == (8, 8, 1)
    assert np.abs(gray.astype(int) - level).max() <= 1


def test_transparency_shows_the_background():
    content = written(solid("RGBA", (200, 100, 50, 0)))
    white = RGB.model_copy(update={"background": (255, 255, 255)})
    assert (decode(content, white) == 255).all()


@pytest.mark.parametrize("adobe", [True, False])
def test_cmyk_jpeg_with_and_without_adobe_marker(adobe):
    cyan = solid("CMYK", (255, 0, 0, 0))
    if adobe:
        content = written(cyan, "JPEG", quality=95)
    else:
        # Pillow always stores the inverse and marks it as Adobe's.
        inverse = solid("CMYK", (0, 255, 255, 255))
        content = written(inverse, "JPEG", quality=95)
        start = content.index(b"\xff\xee")
        length = struct.unpack(">H", content[start + 2 : start + 4])[0]
        content = content[:start] + content[start + 2 + length :]
    red, green, blue = decode(content, RGB)[4, 4]
    assert red < 8
    assert min(green, blue) > 247
    assert "CMYK, converted" in header(content).remarks


def test_exif_orientation_turns_the_image():
    image = solid("L", 0, (40, 20))
    image.paste(255, (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    content = written(image, "JPEG", exif=exif, quality=95)
    assert (header(content).height, header(content).width) == (40, 20)
    pixels = decode(content, Preprocessing(height=40, width=20, channels=1))
    assert pixels[:16].min() > 240
    assert pixels[24:].max() < 15
    png = written(image, exif=exif)
    assert (header(png).height, header(png).width) == (40, 20)
    assert decode(png, Preprocessing(height=40, width=20, channels=1))[:16].min() > 240


STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: np.swapaxes(upright, 0, 1),
    6: np.rot90,
    7: lambda upright: np.swapaxes(np.rot90(upright, 2), 0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
"""What a camera stores of an upright picture, by the EXIF orientation that tells of it."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("form", "options", "modes"),
    [
        ("PNG", {}, ("RGB", "RGBA", "L", "LA", "I;16")),
        ("JPEG", {"quality": 100, "subsampling": 0}, ("RGB", "L")),
        ("WEBP", {"lossless": True, "exact": True}, ("RGB", "RGBA")),
        ("TIFF", {}, ("RGB", "RGBA", "L", "LA", "I;16")),
        ("TIFF", {"compression": "tiff_lzw"}, ("RGB", "L")),
    ],
)
def test_every_orientation_in_every_mode(form, options, modes, orientation):
    blocks = np.random.default_rng(1).integers(0, 256, (2, 3, 4), np.uint8)
    picture = blocks.repeat(8, 0).repeat(8, 1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    for mode in modes:
        if mode == "I;16":
            upright = picture[..., 0].astype(np.uint16) * 257
        else:
            upright = np.asarray(Image.fromarray(picture).convert(mode))
        stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))
        content = written(stored, form, exif=exif, **options)
        found = header(content)
        assert (found.height, found.width, found.mode) == (16, 24, mode)
        seen = Preprocessing(height=16, width=24, channels=1 if found.gray else 3)
        expected = decode(written(Image.fromarray(upright)), seen).astype(int)
        assert np.abs(decode(content, seen) - expected).max() <= 4, mode


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_many(form):
    frames = [solid("RGB", (250, 0, 0)), solid("RGB", (0, 250, 0))]
    content = written(frames[0], form, save_all=True, append_images=frames[1:])
    red, green, _ = decode(content, RGB)[4, 4]
    assert red > 200
    assert green < 50
    assert "more than one frame, the first is used" in header(content).remarks


def test_deep_images_need_the_value_of_white():
    floating = written(Image.fromarray(np.full((8, 8), 0.5, np.float32)), "TIFF")
    with pytest.raises(BadImage, match=r"give data\.max_value") as caught:
        decode(floating, GRAY)
    assert caught.value.rule == "D12"
    one = GRAY.model_copy(update={"max_value": 1.0})
    assert (decode(floating, one) == 128).all()

    twelve_bits = written(Image.fromarray(np.full((8, 8), 4095, np.uint16)))
    assert (decode(twelve_bits, GRAY.model_copy(update={"max_value": 4095.0})) == 255).all()
    with pytest.raises(BadImage, match=r"values in \[4095, 4095\], expected \[0, 1000\]"):
        decode(twelve_bits, GRAY.model_copy(update={"max_value": 1000.0}))
    broken = written(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF")
    with pytest.raises(BadImage, match="not finite"):
        decode(broken, one)


def test_a_large_deep_image_is_scaled_in_little_memory():
    content = written(Image.fromarray(np.full((1000, 1000), 60000, np.uint16)))
    tracemalloc.start()
    try:
        assert (decode(content, GRAY) == 233).all()
        assert tracemalloc.get_traced_memory()[1] < 10_000_000  # 8 MB for one copy in float64
    finally:
        tracemalloc.stop()


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_truncated_file_is_bad(form):
    content = written(NOISE, form)
    with pytest.raises(BadImage) as caught:
        decode(content[: len(content) // 2], RGB)
    assert caught.value.rule in ("D06", "D08")
    assert "at 0x" not in str(caught.value)


FAULTS = {
    "empty": (b"", "D08", "the file is empty"),
    "html": (b"<html><body>404</body></html>", "D08", "not an image of these formats"),
    "eps": (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n",
        "D08",
        "not an image of these formats",
    ),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "D08", "not an image of these formats"),
    "psd": (b"8BPS" + bytes(60), "D08", "not an image of these formats"),
    "pdf": (written(solid("RGB", 0), "PDF"), "D08", "not an image of these formats"),
    "one row": (written(solid("L", 0, (9, 1))), "D20", "9x1 is smaller than 2x2"),
    "lab": (written(solid("LAB", (1, 2, 3)), "TIFF"), "D12", "mode LAB is not supported"),
    "many pixels": (
        written(solid("1", 0, (9000, 8000))),
        "D19",
        "9000x8000 is more than 64,000,000 pixels",
    ),
    "bomb": (written(solid("1", 0, (20000, 10000))), "D19", "more than 64,000,000 pixels"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_image_names_rule_and_reason(fault):
    content, rule, text = FAULTS[fault]
    with pytest.raises(BadImage) as caught:
        decode(content, RGB)
    assert caught.value.rule == rule
    assert text in str(caught.value)
    assert "at 0x" not in str(caught.value)


def test_warning_size_is_refused_like_the_bomb():
    content = written(solid("1", 0, (10000, 9500)))
    with pytest.raises(BadImage, match="more than"):
        decode(content, RGB)


def test_only_regular_files_are_read(tmp_path: Path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(BadImage) as caught:
            decode(path, RGB)
        assert caught.value.rule in ("D23", "D24")
    with pytest.raises(BadImage, match="No such file"):
        decode(tmp_path / "absent.png", RGB)
    with pytest.raises(BadImage, match="cannot be opened"):
        decode("nul\0.png", RGB)


def test_wrong_suffix_and_slender_images_are_remarked():
    assert header(written(NOISE, "PNG"), ".jpg").remarks == ("PNG under the name of JPEG",)
    assert header(written(NOISE, "JPEG"), ".JPEG").remarks == ()
    slender = header(written(solid("L", 0, (80, 8)))).remarks
    assert slender == ("longer than 8 times its breadth",)


def test_gray_is_told_from_colour():
    assert header(MODES["gray"][0]).gray
    assert header(MODES["16 bit"][0]).gray
    assert not header(MODES["palette"][0]).gray
    shades = solid("P", 1)
    shades.putpalette([0, 0, 0, 90, 90, 90])
    assert header(written(shades)).gray


def test_fits():
    image = solid("L", 0, (32, 16))
    image.paste(255, (8, 0, 24, 16))
    content = written(image)
    crop, stretch, pad = (
        decode(content, Preprocessing(height=8, width=8, channels=1, fit=fit))[..., 0]
        for fit in ("crop", "stretch", "pad")
    )
    assert crop[:, 1:7].min() > 240
    assert stretch[:, 0].max() < 40
    assert stretch[:, 3].min() > 240
    assert pad[0].max() == 0
    assert pad[4, 4] > 240


def test_reduced_jpeg_agrees_with_full_decoding():
    ramp = np.tile(np.linspace(0, 255, 512).astype(np.uint8), (512, 1))
    content = written(Image.fromarray(ramp), "JPEG", quality=95)
    reduced = decode(content, Preprocessing(height=32, width=32, channels=1)).astype(int)
    full = decode(written(Image.fromarray(ramp)), Preprocessing(height=32, width=32, channels=1))
    assert np.abs(reduced - full).max() <= 3
