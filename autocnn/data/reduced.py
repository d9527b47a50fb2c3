"""A data set with fewer images to train on, or smaller ones."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from autocnn.data.cache import Cache, digest, write_document
from autocnn.data.dataset import DOCUMENT, FILES, NAMES, ROWS, UNLABELLED, Dataset
from autocnn.data.raw import write_images
from autocnn.data.splits import hold_out
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    from autocnn.data.items import Pixels
    from autocnn.data.part import Part


def reduced(
    dataset: Dataset, *, images: float = 1.0, size: tuple[int, int] | None = None, seed: int = 0
) -> Dataset:
    """The data set with a share `images` of its train part, and images of another `size`.

    `size` is height and width. Each class, or whatever the task splits by, keeps its share and an
    image at least; which images stay depends on the seed. Validation keeps all of its images and
    there is no test part. It lies in the cache of the data set, where it is looked for first.
    Raises DataError where fewer than two images are left, or for a data set with folds.
    """
    if dataset.folds is not None:
        raise DataError(Problem("D05", "a data set with folds is not reduced"))
    size = size or dataset.shape[1:]
    cache = Cache(dataset.folder.parents[1])
    key = [dataset.fingerprint, images, *size, seed if images < 1 else 0]
    fingerprint = digest(["reduced", *key])
    found = cache.find(fingerprint, dataset.source)
    if found is None:
        train = _chosen(dataset, images, seed)
        if len(train) < 2:
            raise DataError(Problem("D05", f"training needs two images or more, got {len(train)}"))
        with cache.creating(fingerprint) as folder:
            _fill(folder, dataset, train, size, fingerprint)
        found = cache.find(fingerprint, dataset.source)
    if found is None:
        raise DataError(Problem("D24", "the cache lost what was made smaller", str(cache.root)))
    return found


def _chosen(dataset: Dataset, share: float, seed: int) -> Part:
    """The images of the train part that stay."""
    if share == 1:
        return dataset.train
    labels, names = dataset.task.strata(dataset.train.plain_labels, dataset.classes)
    alone = np.arange(len(labels))
    out = hold_out(labels, alone, names, share=1 - share, seed=seed, part="fidelity")
    return dataset.train.take(np.flatnonzero(~out))


def _fill(
    folder: Path, dataset: Dataset, train: Part, size: tuple[int, int], fingerprint: str
) -> None:
    """Write what `Dataset.map` reads; files of images that stay as they are, are shared."""
    for name in (FILES["train"], UNLABELLED):
        if (dataset.folder / name).exists():
            if size == dataset.shape[1:]:
                _share(dataset.folder / name, folder / name)
            else:
                _resize(dataset.folder / name, folder / name, size)
    shutil.copyfile(dataset.folder / NAMES, folder / NAMES)
    with np.load(dataset.folder / ROWS, allow_pickle=False) as known:
        rows = {name: known[name] for name in known if not name.startswith("test")}
    rows |= {"train": train.indices.numpy(), "train_labels": train.plain_labels}
    np.savez(folder / ROWS, **rows)
    height, width = size
    known = json.loads((dataset.folder / DOCUMENT).read_text(encoding="utf-8"))
    known["preprocessing"] |= {"height": height, "width": width}
    write_document(folder, known | {"fingerprint": fingerprint})


def _share(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # not every file system has links
        shutil.copyfile(file, target)


def _resize(file: Path, target: Path, size: tuple[int, int]) -> None:
    """Write all images of a file in another size, by the filter that decoding has."""
    from PIL import Image

    images = np.load(file, mmap_mode="r", allow_pickle=False)
    count, channels = images.shape[0], images.shape[3]
    height, width = size

    def each() -> Iterator[Pixels]:
        for image in images:
            whole = Image.fromarray(image[..., 0] if channels == 1 else image)
            small = whole.resize((width, height), Image.Resampling.BILINEAR)
            yield np.ascontiguousarray(np.asarray(small).reshape(height, width, channels))

    write_images(target, (count, height, width, channels), each())
