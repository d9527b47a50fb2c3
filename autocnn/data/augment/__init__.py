"""Random changes of training images, in batches: a word and its options each."""

from autocnn.data.augment import (
    alternating_flip,
    blur,
    colour_jitter,
    crop,
    cutmix,
    cutout,
    hflip,
    mixup,
    noise,
    random_erasing,
    rotate,
    scale,
    shear,
    shift,
    trivial_augment,
    vflip,
)
from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.batch import Batch

__all__ = [
    "AUGMENTATIONS",
    "Augmentation",
    "Batch",
    "alternating_flip",
    "blur",
    "colour_jitter",
    "crop",
    "cutmix",
    "cutout",
    "hflip",
    "mixup",
    "noise",
    "random_erasing",
    "rotate",
    "scale",
    "shear",
    "shift",
    "trivial_augment",
    "vflip",
]
