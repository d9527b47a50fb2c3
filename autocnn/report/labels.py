"""How well each of several labels is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autocnn.interval import wilson

if TYPE_CHECKING:
    import pandas as pd


def per_label(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per label: label, images, precision, recall, low, high, f1, average_precision.

    Each of `rows` has the images with the label, those it was found in and in how many of these
    it was right; `low` and `high` are the 95 % Wilson interval of the recall. What is undefined
    (never found, no image) is NaN.
    """
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame(list(rows))
    images, found, right = (frame[name].astype(float) for name in ("images", "found", "right"))
    bounds = [wilson(int(n), int(of)) for n, of in zip(right, images, strict=True)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(
            {
                "label": frame["label"],
                "images": frame["images"].astype(int),
                "precision": right / found,
                "recall": right / images,
                "low": [low for low, _ in bounds],
                "high": [high for _, high in bounds],
                "f1": 2 * right / (images + found),
                "average_precision": frame["average_precision"].astype(float),
            }
        )
