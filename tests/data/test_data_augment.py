"""Contract of every augmentation, and what each does."""

import pytest
import torch

from autocnn.data import AUGMENTATIONS
from autocnn.data.augment.cutout import Cutout
from autocnn.data.augment.hflip import HFlip
from autocnn.data.augment.shift import Shift


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("word", AUGMENTATIONS)
def test_contract(word, channels, dtype):
    augmentation = AUGMENTATIONS.parse(word)
    images = torch.randint(1, 200, (64, channels, 9, 12), generator=seeded()).to(dtype)
    images = images.contiguous(memory_format=torch.channels_last)
    before = images.clone()
    changed = augmentation.apply(images, seeded(1))
    assert changed.shape == images.shape
    assert changed.dtype == dtype
    assert changed.is_contiguous(memory_format=torch.channels_last)
    assert images.equal(before)
    assert changed.equal(augmentation.apply(images, seeded(1)))
    assert not changed.equal(augmentation.apply(images, seeded(2)))
    assert changed.max() <= images.max()
    # One draw for each image: the same image in every place does not change alike.
    alike = augmentation.apply(images[:1].expand(64, -1, -1, -1), seeded())
    assert len({str(image.tolist()) for image in alike}) > 1
    assert augmentation.apply(images[:0], seeded()).shape == (0, *images.shape[1:])


@pytest.mark.parametrize("word", AUGMENTATIONS)
def test_options_round_trip(word):
    augmentation = AUGMENTATIONS.parse(word)
    assert AUGMENTATIONS.parse(AUGMENTATIONS.write(augmentation)) == augmentation
    assert (type(augmentation).__doc__ or "").strip()


def test_hflip_mirrors_its_share():
    images = torch.rand(4000, 1, 2, 2)
    changed = HFlip().apply(images, seeded())
    mirrored = changed.eq(images.flip(3)).flatten(1).all(1)
    assert (mirrored | changed.eq(images).flatten(1).all(1)).all()
    assert mirrored.float().mean().item() == pytest.approx(0.5, abs=0.03)
    assert HFlip(probability=0.0).apply(images, seeded()).equal(images)


@pytest.mark.parametrize("fill", ["zero", "edge", "mirror"])
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
