"""The images that a candidate is trained on."""

from __future__ import annotations

from autocnn.data import Dataset, Part
from autocnn.errors import DataError, Problem, SpaceError
from autocnn.space.candidate import Candidate


def training_part(candidate: Candidate, dataset: Dataset, *, refit: bool = False) -> Part:
    """The train part, with `refit` joined by validation.

    Raises SpaceError where candidate and data do not fit, DataError for too few images.
    """
    shape, classes = candidate.architecture.shape, candidate.classes
    if tuple(shape) != dataset.shape or classes != len(dataset.classes):
        raise SpaceError(
            Problem(
                "Y30",
                f"the candidate is made for {'x'.join(map(str, shape))} and {classes} classes, "
                f"the data have {'x'.join(map(str, dataset.shape))} and {len(dataset.classes)}",
                "data",
            )
        )
    part = dataset.train + dataset.validation if refit else dataset.train
    if len(part) < 2:
        raise DataError(Problem("D05", f"training needs two images or more, got {len(part)}"))
    if not refit and not len(dataset.validation):
        raise DataError(Problem("D05", "the validation part is empty: nothing to choose by"))
    return part
