"""The 1,797 handwritten 8x8 digits that scikit-learn ships."""

from __future__ import annotations

import numpy as np

from autocnn.data.arrays import ArrayItems
from autocnn.data.items import Group, Listing
from autocnn.data.sources.source import Progress, Source


class Digits(Source):
    """Real images without a download: 10 classes, gray, 17 levels."""

    title = "digits"

    def stamp(self) -> str:
        return "digits of scikit-learn"

    def read(self, progress: Progress) -> Listing:
        from sklearn.datasets import load_digits

        progress("reading digits", 0.0)
        digits = load_digits()
        images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., None]
        group = Group(ArrayItems(images, "digits"), digits.target.astype(np.int64))
        return Listing(tuple("0123456789"), {"all": group}, published=True)
