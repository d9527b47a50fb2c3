"""Random changes of training images, in batches: a word and its options each."""

from autocnn.data.augment import cutout, hflip, shift
from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation

__all__ = ["AUGMENTATIONS", "Augmentation", "cutout", "hflip", "shift"]
