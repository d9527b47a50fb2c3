"""Contract of every augmentation, and what each does."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from autocnn.data import AUGMENTATIONS
from autocnn.data.augment import Batch
from autocnn.data.augment.affine import PADDING
from autocnn.data.augment.blur import Blur
from autocnn.data.augment.colour import LUMA, hue_matrices, saturation_matrices
from autocnn.data.augment.colour_jitter import ColourJitter
from autocnn.data.augment.crop import Crop
from autocnn.data.augment.cutout import Cutout
from autocnn.data.augment.hflip import HFlip
from autocnn.data.augment.noise import Noise
from autocnn.data.augment.pointwise import auto_contrast, equalise, posterise, sharpen, solarise
from autocnn.data.augment.random_erasing import RandomErasing
from autocnn.data.augment.rotate import Rotate
from autocnn.data.augment.scale import Scale
from autocnn.data.augment.shear import Shear
from autocnn.data.augment.shift import Shift
from autocnn.data.augment.trivial_augment import KINDS

NOTHING = {
    "alternating_flip": None,  # has no strength
    "blur": {"pixels": 0},
    "colour_jitter": {"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0},
    "crop": {"area": 1, "stretch": 1},
    "cutmix": {"probability": 0},
    "cutout": {"size": 0},
    "hflip": {"probability": 0},
    "mixup": {"probability": 0},
    "noise": {"deviation": 0},
    "random_erasing": {"probability": 0},
    "rotate": {"degrees": 0},
    "scale": {"amount": 0},
    "shear": {"degrees": 0},
    "shift": {"pixels": 0},
    "trivial_augment": {"probability": 0},
    "vflip": {"probability": 0},
}
CLASSES = 5


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch_of(images: torch.Tensor) -> Batch:
    count = len(images)
    return Batch(images, torch.arange(count) % CLASSES, torch.arange(count), 0, CLASSES)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("word", AUGMENTATIONS)
def test_contract(word, channels, dtype):
    augmentation = AUGMENTATIONS.parse(word)
    images = torch.randint(1, 200, (64, channels, 9, 12), generator=seeded()).to(dtype)
    images = images.contiguous(memory_format=torch.channels_last)
    batch, before = batch_of(images), images.clone()
    changed = augmentation.change(batch, seeded(1))
    assert changed.images.shape == images.shape
    assert changed.images.dtype == dtype
    assert changed.images.is_contiguous(memory_format=torch.channels_last)
    assert images.equal(before)
    assert batch.targets.equal(torch.arange(64) % CLASSES)
    assert changed.images.min() >= 0
    assert changed.images.max() <= 255
    again = augmentation.change(batch, seeded(1))
    assert changed.images.equal(again.images)
    assert changed.targets.equal(again.targets)
    # Another draw, or another epoch where nothing is drawn.
    other = augmentation.change(replace(batch, epoch=1), seeded(2))
    assert not changed.images.equal(other.images)
    # One draw for each image: pairs of equal images do not change alike.
    twice = replace(batch, images=images[:2].repeat(32, 1, 1, 1))
    alike = augmentation.change(twice, seeded()).images
    assert len({str(image.tolist()) for image in alike}) >= 4
    empty = augmentation.change(batch_of(images[:0]), seeded())
    assert empty.images.shape == (0, *images.shape[1:])


@pytest.mark.parametrize("word", AUGMENTATIONS)
def test_targets_are_classes_or_shares_of_them(word):
    batch = batch_of(torch.randint(0, 256, (40, 3, 8, 8), generator=seeded()).byte())
    changed = AUGMENTATIONS.parse(word).change(batch, seeded())
    if changed.targets.dtype == torch.int64:
        assert changed.targets.equal(batch.targets)
        return
    assert changed.targets.shape == (40, CLASSES)
    torch.testing.assert_close(changed.targets.sum(1), torch.ones(40))
    assert (changed.targets > 0).sum(1).max() == 2
    assert (changed.targets.gather(1, batch.targets[:, None]) < 1).any()
    # Mixing what is mixed already mixes the shares.
    again = AUGMENTATIONS.parse(word).change(changed, seeded(1))
    torch.testing.assert_close(again.targets.sum(1), torch.ones(40))


@pytest.mark.parametrize("word", AUGMENTATIONS)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.bfloat16])
def test_no_strength_changes_nothing(word, dtype):
    assert set(NOTHING) == set(AUGMENTATIONS)
    if NOTHING[word] is None:
        return
    batch = batch_of(torch.randint(0, 256, (20, 3, 7, 10), generator=seeded()).to(dtype))
    changed = AUGMENTATIONS.parse({word: NOTHING[word]}).change(batch, seeded())
    if dtype == torch.uint8:
        assert changed.images.equal(batch.images)
    torch.testing.assert_close(changed.images, batch.images, atol=1e-3, rtol=0)
    if changed.targets.is_floating_point():
        assert changed.targets.argmax(1).equal(batch.targets)
        assert changed.targets.max(1).values.eq(1).all()


@pytest.mark.parametrize("word", AUGMENTATIONS)
def test_options_round_trip(word):
    augmentation = AUGMENTATIONS.parse(word)
    assert AUGMENTATIONS.parse(AUGMENTATIONS.write(augmentation)) == augmentation
    assert (type(augmentation).__doc__ or "").strip()


@pytest.mark.parametrize(("word", "axis"), [("hflip", 3), ("vflip", 2)])
def test_flips_mirror_their_share(word, axis):
    images = torch.rand(4000, 1, 2, 2)
    changed = AUGMENTATIONS.parse(word).apply(images, seeded())
    mirrored = changed.eq(images.flip(axis)).flatten(1).all(1)
    assert (mirrored | changed.eq(images).flatten(1).all(1)).all()
    assert mirrored.float().mean().item() == pytest.approx(0.5, abs=0.03)
    assert HFlip(probability=0.0).apply(images, seeded()).equal(images)


def test_alternating_flip_shows_both_ways_in_two_epochs():
    batch = batch_of(torch.rand(4000, 1, 2, 3))
    flip = AUGMENTATIONS.parse("alternating_flip")
    first, second, third = (
        flip.change(replace(batch, epoch=epoch), seeded(epoch)).images for epoch in range(3)
    )
    mirrored = first.eq(batch.images.flip(3)).flatten(1).all(1)
    assert mirrored.float().mean().item() == pytest.approx(0.5, abs=0.03)
    # No pattern along the rows, which may be sorted by class.
    pairs = mirrored[1:] == mirrored[:-1]
    assert pairs.float().mean().item() == pytest.approx(0.5, abs=0.03)
    assert second.equal(first.flip(3))
    assert third.equal(first)
    # The place in the data set counts, not that in the batch.
    order = torch.randperm(4000, generator=seeded())
    shuffled = replace(batch, images=batch.images[order], rows=batch.rows[order])
    assert flip.change(shuffled, seeded()).images.equal(first[order])


@pytest.mark.parametrize("fill", PADDING)
@pytest.mark.parametrize(("pixels", "size"), [(2, 7), (9, 4), (1, 1)])
def test_shift_agrees_with_a_window_on_the_padded_image(fill, pixels, size):
    images = torch.arange(1, 50 * size * size + 1).float().reshape(50, 1, size, size)
    most = min(pixels, size - 1)
    mode = {"zero": "constant", "edge": "replicate", "mirror": "reflect"}[fill]
    padded = torch.nn.functional.pad(images, (most,) * 4, mode=mode)
    windows = padded.unfold(2, size, 1).unfold(3, size, 1).flatten(2, 3)
    changed = Shift(pixels=pixels, fill=fill).apply(images, seeded())
    found = windows.eq(changed[:, :, None]).flatten(3).all(3).squeeze(1)
    assert found.any(1).all()
    if size > 1:
        assert len({tuple(row.tolist()) for row in found}) > 1


def test_cutout_blanks_one_square():
    images = torch.ones(200, 3, 10, 12)
    blank = Cutout(size=4).apply(images, seeded()).eq(0)
    assert blank.eq(blank[:, :1]).all()
    areas = blank[:, 0].sum((1, 2))
    assert areas.max() == 16
    assert areas.min() >= 4
    assert blank.any(0).all()


def test_random_erasing_blanks_whole_rectangles_of_the_asked_share():
    images = torch.ones(600, 3, 20, 20)
    blank = RandomErasing(area=0.25).apply(images, seeded()).eq(0)
    assert blank.eq(blank[:, :1]).all()
    blank = blank[:, 0]
    rows, columns = blank.any(2).sum(1), blank.any(1).sum(1)
    areas = blank.sum((1, 2))
    assert areas.equal(rows * columns)
    assert (areas > 0).float().mean().item() == pytest.approx(0.5, abs=0.07)
    assert areas.max() <= 0.25 * 400 * 1.15  # sides are whole pixels
    assert blank.any(0).float().mean() > 0.97


def rings(size: int) -> torch.Tensor:
    """Smooth, and the same from all sides."""
    place = torch.arange(size) - (size - 1) / 2
    return (200 * (-(place[:, None].square() + place.square()) / size).exp())[None, None]


def test_rotate_turns_about_the_centre_of_the_image():
    images = rings(21).expand(50, 1, 21, 21)
    changed = Rotate(degrees=180, fill="edge").apply(images, seeded())
    assert (changed - images).abs().max() < 4  # of 200: interpolation
    spot = torch.zeros(50, 1, 21, 31)
    spot[:, :, 10, 18:21] = 255
    turned = Rotate(degrees=180).apply(spot, seeded())
    y, x = turned[:, 0].sum(2), turned[:, 0].sum(1)
    total = turned.sum((1, 2, 3))
    row = (y * torch.arange(21.0)).sum(1) / total - 10
    column = (x * torch.arange(31.0)).sum(1) / total - 15
    # At the same distance from the centre, also where the image is not square.
    torch.testing.assert_close(
        (row**2 + column**2).sqrt(), torch.full((50,), 4.0), atol=0.2, rtol=0
    )
    assert row.min() < -2 < 2 < row.max()


def test_scale_and_shear_stay_within_their_limits():
    bar = torch.zeros(200, 1, 33, 33)
    bar[:, :, 12:21, 12:21] = 100
    areas = Scale(amount=0.5).apply(bar, seeded())[:, 0].sum((1, 2)) / 8100
    assert areas.min() > 1 / 1.5**2 - 0.03
    assert areas.max() < 1.5**2 + 0.1
    assert areas.min() < 0.6
    assert areas.max() > 1.8
    slanted = Shear(degrees=30).apply(bar, seeded())[:, 0] > 50
    # The top of the bar moves by its distance from the centre, times the tangent, at most.
    left = slanted[:, 12].float().argmax(1)
    assert (left - 12).abs().max() <= round(4 * math.tan(math.radians(30))) + 2
    assert len(set(left.tolist())) > 2


def test_crop_shows_a_part_of_the_image_at_full_size():
    ramp = torch.arange(32.0)[:, None] * 4 + torch.zeros(32)
    images = torch.stack([ramp, ramp.T, ramp]).expand(300, 3, 32, 32)
    changed = Crop(area=0.25, stretch=1).apply(images, seeded())
    heights = (changed[:, 0, -1, 0] - changed[:, 0, 0, 0]) / 124
    widths = (changed[:, 1, 0, -1] - changed[:, 1, 0, 0]) / 124
    torch.testing.assert_close(heights, widths, atol=0.05, rtol=0)
    assert heights.min() > 0.45
    assert heights.min() < 0.6
    assert heights.max() > 0.95
    assert changed[:, 0].amin((1, 2)).std() > 5  # from different places


def test_nothing_from_one_side_comes_in_at_the_other():
    images = torch.zeros(100, 1, 16, 16)
    images[:, :, :, -1] = 255
    for fill in PADDING:
        for moving in (Rotate(degrees=20), Scale(amount=0.3), Shear(degrees=20), Shift(pixels=6)):
            changed = moving.model_copy(update={"fill": fill}).apply(images, seeded())
            assert changed[..., :2].max() == 0


def test_colours_keep_gray_and_turn_all_the_way():
    gray = torch.full((3,), 0.7)
    angles = torch.linspace(0, 2 * math.pi, 7)
    torch.testing.assert_close(hue_matrices(angles) @ gray, gray.expand(7, 3), atol=1e-5, rtol=0)
    whole = hue_matrices(angles)[[0, -1]]
    torch.testing.assert_close(whole, torch.eye(3).expand(2, 3, 3), atol=1e-5, rtol=0)
    none, same = saturation_matrices(torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(none, torch.tensor(LUMA).expand(3, 3))
    torch.testing.assert_close(same, torch.eye(3))


def test_colour_jitter_has_its_options_in_its_pixels():
    images = torch.randint(60, 120, (200, 3, 8, 8), generator=seeded()).float()
    off = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}
    changed = ColourJitter(**off | {"brightness": 0.5}).apply(images, seeded())
    factors = changed.flatten(1) / images.flatten(1)
    torch.testing.assert_close(factors, factors[:, :1].expand_as(factors))
    assert 0.5 <= factors.min() < 0.6
    assert 1.4 < factors.max() <= 1.5
    changed = ColourJitter(**off | {"contrast": 0.5}).apply(images, seeded())
    luma = torch.tensor(LUMA)[:, None, None]
    torch.testing.assert_close((changed * luma).sum(1).mean((1, 2)),
                               (images * luma).sum(1).mean((1, 2)))  # fmt: skip
    for option in ("saturation", "hue"):
        changed = ColourJitter(**off | {option: 0.3}).apply(images, seeded())
        torch.testing.assert_close(
            (changed * luma).sum(1), (images * luma).sum(1), rtol=1e-3, atol=0
        )
        assert not torch.allclose(changed, images)


def test_noise_and_blur_have_the_asked_strength():
    flat = torch.full((400, 1, 16, 16), 128.0)
    noise = (Noise(deviation=0.1).apply(flat, seeded()) - flat).flatten(1)
    assert noise.mean().abs() < 0.5
    assert noise.std(1).max() == pytest.approx(25.5, rel=0.15)
    assert noise.std(1).min() < 2
    blurred = Blur(pixels=2).apply(flat, seeded())
    torch.testing.assert_close(blurred, flat)  # borders included
    points = torch.zeros(200, 3, 15, 15)
    points[:, :, 7, 7] = 255
    blurred = Blur(pixels=1.5).apply(points, seeded())
    torch.testing.assert_close(blurred.sum((2, 3)), torch.full((200, 3), 255.0), rtol=1e-3, atol=0)
    torch.testing.assert_close(blurred, blurred.mT)
    place = (torch.arange(15.0) - 7).square()
    deviations = ((blurred[:, 0].sum(1) * place).sum(1) / 255).sqrt()
    assert deviations.max() == pytest.approx(1.5, rel=0.15)
    assert deviations.min() < 0.1


def test_pointwise_changes_are_pillows():
    pixels = torch.randint(40, 180, (90, 110, 3), generator=seeded()).byte()
    pixels[..., 2] = 77  # a constant channel
    picture, values = Image.fromarray(pixels.numpy()), pixels.permute(2, 0, 1)[None].float()
    number = torch.tensor([3.0])
    smooth = picture.filter(ImageFilter.SMOOTH)
    for ours, theirs, most in (
        (posterise(values, number), ImageOps.posterize(picture, 3), 0),
        (solarise(values, 40 * number), ImageOps.solarize(picture, 120), 0),
        (auto_contrast(values), ImageOps.autocontrast(picture), 1),
        (sharpen(values, 0 * number), smooth, 1),
        (
            sharpen(values, number / 2).clamp(0, 255),
            ImageEnhance.Sharpness(picture).enhance(1.5),
            2,
        ),
        (equalise(values), ImageOps.equalize(picture), 8),  # Pillow's steps are whole numbers
    ):
        expected = torch.from_numpy(np.array(theirs)).permute(2, 0, 1)[None]
        assert (ours - expected).abs().max() <= most


def test_trivial_augment_makes_one_change_of_each_kind():
    images = rings(24).expand(700, 3, 24, 24) * torch.tensor([1.0, 0.7, 0.4])[:, None, None]
    images = (images + 20).round()
    changed = AUGMENTATIONS.parse("trivial_augment").apply(images, seeded())
    kept = changed.eq(images).flatten(1).all(1).float().mean().item()
    assert 1 / len(KINDS) < kept < 3 / len(KINDS)
    half = AUGMENTATIONS.parse({"trivial_augment": {"probability": 0.5}}).apply(images, seeded())
    assert half.eq(images).flatten(1).all(1).float().mean().item() > 0.45


def test_mixup_mixes_images_as_their_targets():
    images = torch.zeros(400, 1, 2, 2) + (torch.arange(400) % 2 * 200.0)[:, None, None, None]
    batch = replace(batch_of(images), targets=torch.arange(400) % 2, classes=2)
    for alpha, mixed in ((0.2, 0.3), (5.0, 0.9)):
        changed = AUGMENTATIONS.parse({"mixup": {"alpha": alpha}}).change(batch, seeded())
        torch.testing.assert_close(changed.images.mean((1, 2, 3)) / 200, changed.targets[:, 1])
        share = ((changed.targets[:, 1] - 0.5).abs() < 0.4).float().mean().item()
        assert share > mixed if mixed > 0.5 else share < 0.5


def test_cutmix_mixes_targets_by_area():
    images = torch.zeros(400, 1, 12, 12) + (torch.arange(400) % 2)[:, None, None, None]
    batch = replace(batch_of(images), targets=torch.arange(400) % 2, classes=2)
    changed = AUGMENTATIONS.parse("cutmix").change(batch, seeded())
    torch.testing.assert_close(changed.images.mean((1, 2, 3)), changed.targets[:, 1])
    assert set(changed.images.unique().tolist()) == {0, 1}
    assert 0.3 < changed.targets[::2, 1].mean().item() < 0.5
