"""A bundle measured on labelled images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autocnn.data.dataset import Dataset
from autocnn.data.opening import open_data
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

    def per_class(self) -> list[tuple[str, int, str, str]]:
        """Class, images, precision and recall, the last two in percent where they are defined."""
        right, of_class = self.confusion.diagonal(), self.confusion.sum(1)
        guessed = self.confusion.sum(0)
        return [
            (
                name,
                int(of_class[i]),
                _percent(right[i], guessed[i]),
                _percent(right[i], of_class[i]),
            )
            for i, name in enumerate(self.classes)
        ]

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


def open_labelled(bundle: Bundle, source: str, *, seed: int = 0) -> Dataset:
    """Open labelled images, decoded as in the bundle's training; bad files are left out.

    The test part is the source's own; where it has none, `test` is None. Raises DataError.
    """
    how = bundle.document.preprocessing
    options = DataOptions(
        source=source,
        test=0.0,
        seed=seed,
        size=(how.height, how.width),
        channels=how.channels,
        fit=how.fit,
        background=how.background,
        max_value=how.max_value,
        on_bad="skip",
        conflicts="keep",
    )
    return open_data(options)


def evaluate_bundle(bundle: Bundle, dataset: Dataset, part: str = "auto") -> Result:
    """Measure the bundle on `test`, on `all` images, or, by `auto`, on test if there is one.

    Raises DataError if there is no test part or a class that the bundle does not know.
    """
    import numpy as np

    if part == "auto":
        part = "test" if dataset.test is not None else "all"
    if part == "test" and dataset.test is None:
        raise DataError(Problem("D05", "has no test part of its own", dataset.source))
    chosen = [] if part == "test" else [dataset.train, dataset.validation]
    chosen += [dataset.test] if dataset.test is not None else []
    confusion = sum(
        (_confusion(bundle, dataset, each) for each in chosen),
        np.zeros((len(bundle.classes),) * 2, np.int64),
    )
    images, hits = int(confusion.sum()), int(np.trace(confusion))
    low, high = wilson(hits, images)
    return Result(part, images, hits / max(1, images), low, high, confusion, bundle.classes)


def _confusion(bundle: Bundle, dataset: Dataset, part: Part) -> NDArray[np.int64]:
    import numpy as np

    place = {name: index for index, name in enumerate(bundle.classes)}
    unknown = [name for name in dataset.classes if name not in place]
    if unknown:
        text = f"the bundle does not know the class {unknown[0]!r}{suggest(unknown[0], place)}"
        raise DataError(Problem("D30", text, dataset.source))
    truth = np.array([place[name] for name in dataset.classes], np.int64)[part.labels.numpy()]
    images, rows = part.images.numpy(), part.indices.numpy()
    confusion = np.zeros((len(place), len(place)), np.int64)
    for start in range(0, len(rows), IMAGES_AT_ONCE):
        span = slice(start, start + IMAGES_AT_ONCE)
        guesses = bundle.probabilities(images[rows[span]]).argmax(1)
        np.add.at(confusion, (truth[span], guesses), 1)
    return confusion


def _percent(hits: int, of: int) -> str:
    return f"{100 * hits / of:.1f} %" if of else "-"
