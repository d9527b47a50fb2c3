"""The `data` section of a space: where images come from and how they become arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from autocnn.data.tasks import TASKS, Classification, Task
from autocnn.registry import Listed, OneOf, Options, Whole

LARGEST_SIDE = 4096

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "gray": (127, 127, 127),
    "white": (255, 255, 255),
}


def _colour(value: object) -> object:
    if isinstance(value, str) and value in COLOURS:
        return COLOURS[value]
    return tuple(value) if isinstance(value, list) else value


Side = Annotated[Whole, Field(ge=2, le=LARGEST_SIDE)]
Level = Annotated[Whole, Field(ge=0, le=255)]
Colour = Annotated[tuple[Level, Level, Level], BeforeValidator(_colour)]
"""Red, green and blue in [0, 255], or one of the words black, gray, white."""

Fit = Literal["crop", "stretch", "pad"]
"""How another aspect ratio is met: cut the longer side, distort, or pad with the background."""


class Folds(Options):
    """Cross-validation: so many parts, each of which validates a network trained on the others."""

    folds: Annotated[Whole, Field(ge=2, le=100)]


class DataOptions(Options):
    """Source, splits and decoding of the images.

    `source` is `digits`, `fashion-mnist`, `mnist`, `kmnist`, `emnist`, `folder:PATH`, `csv:PATH`,
    `npz:PATH`, `parquet:PATH` (a file, or a folder of them), `arrow:PATH` (what `save_to_disk` of
    Hugging Face's datasets wrote) or the path itself. `validation` is a share of the training
    images, or `{folds: 5}`, by which a search trains each candidate five times, on all folds but
    one; `test` a share of those of training, where the source has no test part of its own. `size`
    and `channels` default to what the images have in common. `groups` says what must stay in one
    part, such as all images of a patient: a column of a table, or a regular expression that finds
    the group's name in an image's path, in its parentheses if it has some. `task` says what labels
    are: a class, several labels, or numbers; tables, archives, parquet,
    arrow and arrays can have all three. `unlabelled` is a
    folder of images without labels, at any depth: `training.pretrain` learns from them as well.
    `shape` and `classes`, the number of outputs, stand in for a source.
    """

    task: Annotated[Task, OneOf(TASKS)] = Classification()
    source: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    root: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    validation: Annotated[float, Field(gt=0, lt=1)] | Folds = 0.1
    test: float = Field(0.2, ge=0, lt=1)
    seed: Whole = Field(0, ge=0, le=2**32 - 1)
    groups: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    unlabelled: Annotated[str, Field(min_length=1, max_length=4096)] | None = None

    size: Side | Annotated[tuple[Side, Side], Listed] | None = None
    channels: Literal[1, 3] | None = None
    fit: Fit = "crop"
    background: Colour = (0, 0, 0)
    max_value: float | None = Field(None, gt=0)

    on_bad: Literal["error", "skip"] = "error"
    duplicates: Literal["keep", "drop", "error"] = "keep"
    conflicts: Literal["error", "drop", "keep"] | None = None
    allow_empty_classes: bool = False

    shape: (
        Annotated[
            tuple[
                Literal[1, 3, 4],
                Annotated[Whole, Field(ge=1, le=LARGEST_SIDE)],
                Annotated[Whole, Field(ge=1, le=LARGEST_SIDE)],
            ],
            Listed,
        ]
        | None
    ) = None
    classes: Annotated[Whole, Field(ge=1, le=100_000)] | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is split off, since the images are only to be measured on.

        No space says so: only `model_copy` takes the share 0 for validation.
        """
        return self.validation == 0

    def meaning(self, *, defaults: bool = True) -> dict[str, Any]:
        """What changes images, labels or parts, as JSON; not where the files lie."""
        elsewhere = {"source", "root", "unlabelled", "shape", "classes"}
        return self.model_dump(mode="json", exclude=elsewhere, exclude_defaults=not defaults)

    @model_validator(mode="after")
    def _enough(self) -> DataOptions:
        if self.classes is not None and self.classes < self.task.least:
            text = f"`classes` must be {self.task.least} or more, got {self.classes}"
            raise ValueError(text)
        return self
