"""The images that a candidate is trained on."""

from __future__ import annotations

from autocnn.data import Dataset, Part
from autocnn.data.tasks import TASKS
from autocnn.errors import DataError, Problem, SpaceError
from autocnn.space.candidate import Candidate
from autocnn.training.recipe import recipe_of


def training_part(candidate: Candidate, dataset: Dataset, *, refit: bool = False) -> Part:
    """The train part, with `refit` joined by validation.

    Raises SpaceError where candidate and data do not fit, DataError for too few images.
    """
    made = (tuple(candidate.architecture.shape), candidate.classes, candidate.task)
    given = (dataset.shape, len(dataset.classes), dataset.task.word)
    if made != given:
        text = f"the candidate is made for {_said(*made)}, the data have {_said(*given)}"
        raise SpaceError(Problem("Y30", text, "data"))
    part = dataset.train + dataset.validation if refit else dataset.train
    if len(part) < 2:
        raise DataError(Problem("D05", f"training needs two images or more, got {len(part)}"))
    if not refit and not len(dataset.validation):
        raise DataError(Problem("D05", "the validation part is empty: nothing to choose by"))
    return part


def batch_warning(candidate: Candidate, images: int) -> str:
    """What to say where a batch asks for more images than there are to train on, else nothing."""
    size = recipe_of(candidate).batch_size
    if size <= images:
        return ""
    return f"the batch size {size} is over the {images} training images: one batch an epoch [T08]"


def _said(shape: tuple[int, ...], outputs: int, task: str) -> str:
    return f"{'x'.join(map(str, shape))} and {outputs} {TASKS[task].thing[1]}"
