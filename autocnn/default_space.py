"""The space that is searched when the user gives none, fitted to the data and written out."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.sources.find import FORMS, NAMES, form_of
from autocnn.data.tasks import Classification
from autocnn.registry import Registry

if TYPE_CHECKING:
    from autocnn.data import Dataset

SMALLEST_MAP = 2
"""Height or width that the feature maps keep where the images have it."""
SMALL, LARGE = 16, 48
"""Up to which height or width images are seen pixel by pixel, and in pairs of pixels."""
MOST_STAGES = 5
"""Stages, each of half the height and width, that a network has at the most."""
FASTEST = 0.6 / 256
"""The highest learning rate over the size of a batch."""
TRAINING_IMAGES = 2_000_000
"""Images that a full training sees, whatever the size of the data set, within the epochs below."""
LEAST_EPOCHS, MOST_EPOCHS = 15, 160
FIRST_IMAGES, FIRST_EPOCHS = 5_000, 0.25
"""Trials are compared from so many images and epochs on, the latter being what the stopping rule
does by itself: after a few steps chance leads."""
FEW = 5_000
"""Up to so many training images are seen so often that it pays to change them more."""

TEMPLATE = """\
# A search space for {width} x {height} images with {channels} channel(s), {classes},
# {images:,} of them for training. Any value may be a choice: edit what you know better.
#   autocnn check THIS_FILE        what is in the space, and whether it makes sense
#   autocnn search THIS_FILE       search it; the same command continues after an interruption
study: {study}
data: {{source: {source}{data}}}

define:                           # names that the expressions below (`=...`) may use
  width: {{choice: [16, 24, 32, 48, 64]}}

defaults:                         # for every layer that does not say otherwise
  activation: {{choice: [relu, silu]}}
  norm: batch

blocks:
  stage:                          # halves the feature maps, then looks at them again
    parameters: {{channels: required}}
    layers:
      - conv: {{channels: =channels, bias: false, norm: none, activation: none}}
      - pool{pool}
      - norm
      - activation
      - repeat:
          times: {{int: [0, 2]}}
          tie: true               # the blocks of one stage are alike
          each:
            - choice:
                residual: {{body: [{{conv: {{channels: =channels}}}}]}}
                basic: {{channels: =channels}}
                mbconv: {{channels: =channels, expand: 2}}

architecture:
  - conv: {{channels: {{choice: [8, 16, 24]}}, {stem},
           norm: none, init: whitening}}
  - repeat:
      times: {{int: [{fewest}, {stages}]}}
      index: number
      tie: false                  # every stage makes its own choices
      each: [{{stage: {{channels: "=min(width * 2 ** number, 256)"}}}}]
  - global_pool
  - dropout: {{rate: {{float: [0.0, 0.3]}}}}
  - linear: {{units: =classes, activation: none}}

training:
  optimizer:
    sgd: {{lr: {{float: [{slow:.2g}, {fast:.2g}], log: true}}, momentum: 0.9, nesterov: true,
          weight_decay: 5e-4}}
  schedule: onecycle
  loss: {loss}
  batch_size: {batch}
  skip_easy: 0.5                  # what is learned already comes half as often
  augment:
{augment}
  epochs: {epochs}                      # of a full training; most trials are stopped long before
  tta: true

search:
  strategy: default
  stopping: {stopping}
  seed: 0
  start:
    candidates:                   # these go first; their like did well on Fashion-MNIST
{first}
budget: {{time: 20m}}               # for everything: search, finals, bundle and report
constraints: {{params: {{max: 5000000}}}}
"""


AUGMENTED = """\
    choice:
      - none
      - [{{shift: {{pixels: {shift}}}}}]
"""

MIRRORED = """\
      - [hflip, {{shift: {{pixels: {shift}}}}}]    # if a mirror image is of the same class
      - [hflip, {{shift: {{pixels: {more}}}}}, {{cutout: {{size: {cut}}}}}]
"""

VARIED = """\
    # These are few images, which had better be others each time; the gain shows late, so that
    # short trials could not choose it. Without hflip if left and right mean something.
    [hflip, {{shift: {{pixels: {more}}}}}, trivial_augment{mixed}]
"""

MIXED = ", {cutmix: {probability: 0.5}}"

LOSSES: Mapping[str, str] = {
    "classification": "{cross_entropy: {label_smoothing: 0.1}}",
    "multilabel": "{choice: [binary_cross_entropy, asymmetric]}",
    "regression": "{choice: [l2, huber]}",
}


def default_space_text(
    dataset: Dataset,
    source: str,
    *,
    study: str | None = None,
    base: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> str:
    """The YAML text of the default space for this data set.

    `options` are those of the data beside the source, by default the task alone. `source` is
    written as the data source, its path relative to the folder `base` if that is given; the study
    is named after it.
    """
    if options is None:
        options = (
            {} if dataset.task == Classification() else {"task": Registry.write(dataset.task)}
        )
    channels, height, width = dataset.shape
    side, images = min(height, width), len(dataset.train)
    stem, shrunk = _stem(side)
    stages = max(2, min(MOST_STAGES, int(math.log2(max(1, shrunk // SMALLEST_MAP)))))
    augment, best = _augment(dataset, images, side)
    epochs = max(LEAST_EPOCHS, min(MOST_EPOCHS, round(TRAINING_IMAGES / max(1, images))))
    batch = max(32, min(256, 2 ** round(math.log2(max(1, images / 100)))))
    batch = min(batch, 2 ** int(math.log2(max(2, images))))
    fast = FASTEST * batch
    return TEMPLATE.format(
        width=width,
        height=height,
        channels=channels,
        classes=f"{len(dataset.classes)} {dataset.task.thing[len(dataset.classes) != 1]}",
        data="".join(f", {name}: {json.dumps(value)}" for name, value in options.items()),
        loss=LOSSES[dataset.task.word],
        images=images,
        study=json.dumps(study or study_name(source)),
        source=json.dumps(_relative(source, base) if base else source),
        stem=stem,
        pool=": {ceil: true}" if side < SMALL else "",  # halves what has one row, too
        fewest=stages - 1,
        stages=stages,
        slow=fast / 12,
        fast=fast,
        batch=batch,
        augment=augment,
        epochs=epochs,
        stopping=_stopping(images, epochs),
        first="\n".join(_first(stages, fast, best)),
    )


def _augment(dataset: Dataset, images: int, side: int) -> tuple[str, str]:
    """The augmentation, and which of its choices wider first candidates have, if it has any."""
    task = dataset.task.word
    if _written(dataset):
        text, best = AUGMENTED, "a1"
    elif images > FEW or task == "regression":  # a turned image may have other numbers
        text, best = AUGMENTED + MIRRORED, "a2"
    else:
        text, best = VARIED, ""
    return text.rstrip().format(
        shift=max(1, side // 28),
        more=max(1, side // 14),
        cut=max(1, side // 4),
        mixed=MIXED if task == "classification" else "",
    ), best


def _stopping(images: int, epochs: int) -> str:
    """The stopping rule, whose first rung is later where an epoch is short."""
    first = min(FIRST_IMAGES / max(1, images), epochs / 9)
    return "default" if first <= FIRST_EPOCHS else f"{{asha: {{first: {first:.2g}}}}}"


def _first(stages: int, fast: float, best: str) -> Iterator[str]:
    """The first candidates, as lines of YAML: a narrow network and wider ones.

    These have the `best` choice of augmentation; none, where there is no choice.
    """
    for width, stem, augment in (24, 8, best and "a1"), (32, 16, best), (64, 24, best):
        yield f"      - define.width: {width}"
        yield f"        architecture.0.conv.channels: {stem}"
        yield "        defaults.activation: relu"
        yield f"        architecture.1.times: {stages}"
        for number in range(stages):
            path = f"architecture.1.r{number}.0.stage.4"
            yield f"        {path}.times: 1"
            yield f"        {path}.0: residual"
        yield "        architecture.3.dropout.rate: 0.0"
        yield f"        training.optimizer.sgd.lr: {2 / 3 * fast:.2g}"
        if augment:
            yield f"        training.augment: {augment}"


def _stem(side: int) -> tuple[str, int]:
    """The options of the first convolution and the height or width of the maps it makes."""
    if side < SMALL:
        return "kernel: 3", side
    if side <= LARGE:
        return "kernel: 2, padding: valid", side - 1
    stride = 2 if side <= 2 * LARGE else 4
    return f"kernel: {stride}, stride: {stride}, padding: valid", side // stride


def _written(dataset: Dataset) -> bool:
    """Whether the classes are digits or letters, of which a mirror image is another or none.

    Numbers may also stand for what has no name: then the images tell.
    """
    if not all(len(name) == 1 for name in dataset.classes):
        return False
    from autocnn.data.mirror import alike_in_a_mirror

    return dataset.task.word != "classification" or not alike_in_a_mirror(dataset.train)


def default_space(
    dataset: Dataset,
    source: str,
    *,
    study: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """The default space as a mapping that `load_space` takes."""
    from autocnn.space.composer import compose
    from autocnn.space.document import plain

    text = default_space_text(dataset, source, study=study, options=options)
    document: Mapping[str, Any] = plain(compose(text))
    return document


def study_name(source: str) -> str:
    """A legal name of a study for a data source: the last part of its path."""
    last = Path(source.partition(":")[2] or source).resolve().name
    return re.sub(r"[^\w .-]", "_", last)[:100].strip() or "study"


def absolute_source(source: str) -> str:
    """A source given on the command line, its path made absolute: it is meant from here."""
    kind, path = _split(source)
    return f"{kind}{_expanded(path)}" if path else source


def _relative(source: str, base: Path) -> str:
    kind, path = _split(source)
    if not path:
        return source
    found = _expanded(path)
    kind = kind or f"{form_of(found)}:"
    return f"{kind}{os.path.relpath(found, base.absolute())}"


def _split(source: str) -> tuple[str, str]:
    """Prefix and path of a source; the path is empty where it is a published data set."""
    kind, colon, path = source.partition(":")
    if colon and kind in FORMS:
        return f"{kind}:", path
    published = colon or not ("/" in source or _expanded(source).exists())
    return ("", "") if published or source in NAMES else ("", source)


def _expanded(path: str) -> Path:
    return Path(os.path.expandvars(path)).expanduser().absolute()
