"""The space that is searched when the user gives none, fitted to the data and written out."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.sources.find import FORMS, NAMES, form_of
from autocnn.data.tasks import Classification
from autocnn.registry import Registry

if TYPE_CHECKING:
    from autocnn.data import Dataset

SMALLEST_MAP = 4
"""Height or width at which the feature maps are not halved any further."""
TRAINING_IMAGES = 700_000
"""Images that a full training sees, whatever the size of the data set, within the epochs below."""
LEAST_EPOCHS, MOST_EPOCHS = 10, 80

TEMPLATE = """\
# A search space for {width} x {height} images with {channels} channel(s), {classes},
# {images:,} of them for training. Any value may be a choice: edit what you know better.
#   autocnn check THIS_FILE        what is in the space, and whether it makes sense
#   autocnn search THIS_FILE       search it; the same command continues after an interruption
study: {study}
data: {{source: {source}{data}}}

define:                           # names that the expressions below (`=...`) may use
  width: {{choice: [16, 24, 32, 48]}}

defaults:                         # for every convolution that does not say otherwise
  activation: {{choice: [relu, silu, gelu]}}
  norm: batch

architecture:
  - conv: {{channels: =width, kernel: 3{stem}}}
  - repeat:                       # stages: each starts by halving the feature maps
      times: {{int: [1, {stages}]}}
      index: stage
      tie: false                  # every stage makes its own choices
      each:
        - conv: {{channels: "=width * 2 ** stage", kernel: 3, stride: "=1 if stage == 0 else 2"}}
        - repeat:
            times: {{int: [0, 3]}}
            tie: true             # the blocks of one stage are alike
            each:
              - choice:
                  conv: {{channels: "=width * 2 ** stage", kernel: {{choice: [3, 5]}}}}
                  basic: {{channels: "=width * 2 ** stage"}}
                  sep_conv: {{channels: "=width * 2 ** stage", kernel: {{choice: [3, 5]}}}}
                  mbconv: {{channels: "=width * 2 ** stage", expand: {{choice: [2, 4]}}}}
  - global_pool: {{kind: {{choice: [avg, avgmax]}}}}
  - dropout: {{rate: {{float: [0.0, 0.5]}}}}
  - linear: {{units: =classes, activation: none}}

training:
  optimizer:
    choice:
      sgd: {{lr: {{float: [0.02, 0.5], log: true}}, momentum: 0.9, weight_decay: 0.0005}}
      adamw: {{lr: {{float: [0.0005, 0.01], log: true}}, weight_decay: 0.02}}
  schedule: onecycle
  loss: {loss}
  batch_size: {{choice: [{batches}]}}
  augment:
    choice:
      - none
      - [{{shift: {{pixels: {shift}}}}}]
{flips}      - [{{shift: {{pixels: {shift}}}}}, {{cutout: {{size: {cut}}}}}]
  epochs: {epochs}                      # of a full training; most trials are stopped long before

search: {{strategy: default, stopping: default, seed: 0}}
budget: {{time: 20m}}               # for everything: search, finals, bundle and report
constraints: {{params: {{max: 5000000}}}}
"""

FLIPS = """\
      - [hflip, {{shift: {{pixels: {shift}}}}}]    # if a mirror image is of the same class
      - [alternating_flip, trivial_augment, {{cutout: {{size: {cut}}}}}]
"""


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
    shift = max(1, side // 14)
    large = side > 64
    halvings = int(math.log2(max(1, side // (2 if large else 1) / SMALLEST_MAP)))
    cut = max(1, side // 3)
    mirrored = channels == 3 and not _written(dataset.classes)
    flips = FLIPS.format(shift=shift, cut=cut) if mirrored else ""
    batches = "32, 64" if images < 2_000 else "64, 128" if images < 20_000 else "128, 256"
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
        stem=", stride: 2" if large else "",
        stages=max(2, min(5, halvings + 1)),
        batches=batches,
        shift=shift,
        flips=flips,
        cut=cut,
        epochs=max(LEAST_EPOCHS, min(MOST_EPOCHS, round(TRAINING_IMAGES / max(1, images)))),
    )


def _written(classes: Sequence[str]) -> bool:
    """Whether the classes are digits or letters, of which a mirror image is another or none."""
    return all(len(name) == 1 for name in classes)


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
