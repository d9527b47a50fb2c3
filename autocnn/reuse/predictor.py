"""What predicts: a single network, or several together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.tasks import Scale
from autocnn.reuse.document import BundleDocument, Measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor

    from autocnn.reuse.predict import Prediction


@dataclass(frozen=True, eq=False)
class Predictor(ABC):
    """What was read from a folder, with its document: classes, preprocessing, metrics."""

    folder: Path
    document: BundleDocument

    @abstractmethod
    def outputs(self, pixels: NDArray[np.uint8]) -> Tensor:
        """What the network puts out `(N, outputs)` for decoded images `(N, H, W, C)`, uint8."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of classes, labels or values, in the order of the network's outputs."""
        return self.document.classes

    @property
    def metrics(self) -> tuple[Measure, ...]:
        """What was measured on validation and test data, with intervals."""
        return self.document.metrics

    @property
    def scale(self) -> Scale:
        """Mean and deviation of values, by which outputs become such."""
        return Scale(*self.document.scale)

    def predictions(self, images: ArrayLike) -> NDArray[np.float32]:
        """Probabilities or values `(N, outputs)` of an array of images, as `predict` takes it."""
        from autocnn.reuse.predict import decode_arrays

        task, pixels = self.document.task, decode_arrays(self, images)
        found: NDArray[np.float32] = task.predictions(self.outputs(pixels), self.scale).numpy()
        return found

    def predict(
        self, images: str | Path | Iterable[str | Path] | ArrayLike
    ) -> Iterator[Prediction]:
        """Predict files and folders, or images, one row for each, in order.

        Images are an array `(N, H, W)` or `(N, H, W, C)`, a list of arrays of several sizes, or
        Pillow's, one or several.
        A file that cannot be read gives a row with an error; the others go on.
        """
        from autocnn.reuse.predict import predict_arrays, predict_files

        if isinstance(images, (str, Path)):
            return predict_files(self, [images])
        given: Any = images
        if isinstance(images, Iterable) and getattr(images, "ndim", 1) == 1:
            given = list(images)
            paths = [path for path in given if isinstance(path, (str, Path))]
            if len(paths) == len(given):
                return predict_files(self, paths)
        return predict_arrays(self, given)
