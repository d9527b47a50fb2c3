"""A decoded data set: three parts, the classes and what prediction must repeat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.image_file import ImageFile
from autocnn.data.part import Part
from autocnn.data.preprocessing import Preprocessing
from autocnn.data.tasks import TASKS, Scale, Task
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DOCUMENT = "dataset.json"
ROWS = "parts.npz"
NAMES = "names.json"
UNLABELLED = "unlabelled.npy"
PARTS = ("train", "validation", "test")
FILES: Mapping[str, str] = {
    "train": "train.npy",
    "validation": "train.npy",
    "test": "test.npy",
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images mapped from the cache, split, with the classes in the order of the labels.

    `classes` names what the outputs of a network stand for: classes, labels or values, as `task`
    says; `scale` is that of values, over the train part. `mean` and `std` are per channel, over
    the train part, in units of [0, 1]. `test` is None if the options leave no test part. `folds`
    has the fold of each image of train and validation together, of which the validation part is
    the first one. `held` says of each validation image whether it stays one when the part is
    `narrowed`. `unlabelled` are images for pretraining, whose labels are all 0. `reference` is
    JSON from which another process maps the same.
    """

    fingerprint: str
    source: str
    task: Task
    classes: tuple[str, ...]
    scale: Scale
    preprocessing: Preprocessing
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...]
    train: Part
    validation: Part
    test: Part | None
    folder: Path
    folds: NDArray[np.int64] | None = None
    held: NDArray[np.bool_] | None = None
    is_narrow: bool = False
    unlabelled: Part | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """`(channels, height, width)`."""
        return self.preprocessing.shape

    @property
    def reference(self) -> dict[str, Any]:
        """What a worker on this machine needs for `Dataset.map`."""
        return {
            "folder": str(self.folder),
            "fingerprint": self.fingerprint,
            "source": self.source,
            "narrow": self.is_narrow,
        }

    @property
    def networks(self) -> int:
        """How many networks a trial trains: one for each fold."""
        return 1 if self.folds is None else int(self.folds.max()) + 1

    def fold(self, number: int) -> Dataset:
        """The data set with this fold as validation part and all others to train on."""
        assert self.folds is not None, "the data set has no folds"
        whole, held = self.train + self.validation, self.folds == number
        train, validation = ((~held).nonzero()[0], held.nonzero()[0])
        return replace(self, train=whole.take(train), validation=whole.take(validation))

    def narrowed(self) -> Dataset:
        """With most of the validation images, where there are enough, among those to train on.

        At most 1,000 and at most half of them stay; equal images and groups are not divided.
        """
        if self.held is None:
            return self
        learned, held = (~self.held).nonzero()[0], self.held.nonzero()[0]
        train, validation = self.validation.take(learned), self.validation.take(held)
        return replace(
            self, train=self.train + train, validation=validation, held=None, is_narrow=True
        )

    @property
    def counts(self) -> dict[str, tuple[int, ...]]:
        """Images of each class in each part; with a label, or with a value."""
        return {
            name: tuple(self.task.counts(part.plain_labels, len(self.classes)).tolist())
            for name, part in self.parts.items()
        }

    @property
    def parts(self) -> dict[str, Part]:
        """The parts that there are, by name."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    def names(self, part: Part) -> list[str]:
        """What the images of a part are called, as paths below the source or by row."""
        names = json.loads((self.folder / NAMES).read_text(encoding="utf-8"))[part.file.path.name]
        return [names[row] for row in part.indices.tolist()]

    def to_json(self) -> dict[str, Any]:
        """What a study records about its data; no images."""
        return {
            "fingerprint": self.fingerprint,
            "source": self.source,
            "task": self.task.word,
            "classes": list(self.classes),
            "images": {name: len(part) for name, part in self.parts.items()}
            | ({"unlabelled": len(self.unlabelled)} if self.unlabelled else {}),
            "shape": list(self.shape),
            "counts": {name: list(counts) for name, counts in self.counts.items()},
            "mean": list(self.mean),
            "std": list(self.std),
            "preprocessing": self.preprocessing.to_json(),
            "notes": list(self.notes),
        }

    @staticmethod
    def map(reference: Mapping[str, Any]) -> Dataset:
        """Map a cached data set without decoding; raises DataError if it is not there any more."""
        import numpy as np

        folder = Path(reference["folder"])
        files = {name: ImageFile(folder / name) for name in FILES.values()}
        try:
            document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
            with np.load(folder / ROWS, allow_pickle=False) as rows:
                parts = {
                    name: Part(files[FILES[name]], rows[name], rows[f"{name}_labels"])
                    for name in PARTS
                    if name in rows
                }
                folds, held = rows.get("folds"), rows.get("held")
            unlabelled = _whole(folder / UNLABELLED)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(
                Problem("D24", "the decoded data are missing or damaged", str(folder))
            ) from error
        if document["fingerprint"] != reference["fingerprint"]:
            raise DataError(
                Problem("D34", "the decoded data are not those of the study", str(folder))
            )
        found = Dataset(
            fingerprint=document["fingerprint"],
            source=reference["source"],
            task=TASKS.parse(document["task"]),
            classes=tuple(document["classes"]),
            scale=Scale(*map(tuple, document["scale"])),
            preprocessing=Preprocessing.model_validate_json(json.dumps(document["preprocessing"])),
            mean=tuple(document["mean"]),
            std=tuple(document["std"]),
            notes=tuple(document["notes"]),
            train=parts["train"],
            validation=parts["validation"],
            test=parts.get("test"),
            folder=folder,
            folds=folds,
            held=held,
            unlabelled=unlabelled,
        )
        return found.narrowed() if reference.get("narrow") else found


def _whole(file: Path) -> Part | None:
    """All images of a file, if there is one."""
    import numpy as np

    if not file.exists():
        return None
    count = len(np.load(file, mmap_mode="r"))
    return Part(ImageFile(file), np.arange(count), np.zeros(count, np.int64))
