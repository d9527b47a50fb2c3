"""A bundle measured on labelled images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autocnn.data.dataset import Dataset
from autocnn.data.options import DataOptions
from autocnn.data.part import Part
from autocnn.errors import DataError, Problem, suggest
from autocnn.interval import wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from autocnn.reuse.bundle import Bundle

IMAGES_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Result:
    """How often the bundle is right on a part: `confusion[true, predicted]` counts images.

    `low` and `high` bound the 95 % Wilson interval of the accuracy over the images.
    """

    part: str
    images: int
    accuracy: float
    low: float
    high: float
    confusion: NDArray[np.int64]
    classes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Everything, the confusion matrix row by row."""
        return {
            "part": self.part,
            "images": self.images,
            "accuracy": self.accuracy,
            "low": self.low,
            "high": self.high,
            "interval": "wilson",
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
        }


def data_options(bundle: Bundle, source: str) -> DataOptions:
    """The options under which images of `source` are decoded as in the bundle's training."""
    how = bundle.document.preprocessing
    return DataOptions(
        source=source,
        size=(how.height, how.width),
        channels=how.channels,
        fit=how.fit,
        background=how.background,
        max_value=how.max_value,
        on_bad="skip",
    )


def evaluate_bundle(bundle: Bundle, dataset: Dataset, part: str = "test") -> Result:
    """Measure the bundle on one part of a data set: `train`, `validation` or `test`.

    Raises DataError if the part is missing or has a class that the bundle does not know.
    """
    import numpy as np

    chosen: Part | None = getattr(dataset, part)
    if chosen is None or not len(chosen):
        raise DataError(Problem("D05", f"the data have no {part} part", dataset.source))
    place = {name: index for index, name in enumerate(bundle.classes)}
    unknown = [name for name in dataset.classes if name not in place]
    if unknown:
        text = f"the bundle does not know the class {unknown[0]!r}{suggest(unknown[0], place)}"
        raise DataError(Problem("D30", text, dataset.source))
    mapped = np.array([place[name] for name in dataset.classes], np.int64)
    truth = mapped[chosen.labels.numpy()]
    images, rows = chosen.images.numpy(), chosen.indices.numpy()
    confusion = np.zeros((len(place), len(place)), np.int64)
    for start in range(0, len(rows), IMAGES_AT_ONCE):
        span = slice(start, start + IMAGES_AT_ONCE)
        guesses = bundle.probabilities(images[rows[span]]).argmax(1)
        np.add.at(confusion, (truth[span], guesses), 1)
    hits = int(np.trace(confusion))
    low, high = wilson(hits, len(rows))
    return Result(part, len(rows), hits / len(rows), low, high, confusion, bundle.classes)
