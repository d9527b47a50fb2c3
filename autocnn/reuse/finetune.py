"""Fine-tuning: the space of a network that goes on from a start, and its first weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autocnn.data import Dataset
from autocnn.data.tasks import TASKS, Scale
from autocnn.errors import BundleError, Problem, SpaceError
from autocnn.network import build
from autocnn.reuse.start import Start
from autocnn.reuse.weights import SHOWN_DIFFERENCES
from autocnn.space.candidate import Candidate

if TYPE_CHECKING:
    from torch import Tensor

RECIPE: Mapping[str, Any] = {
    "optimizer": {"adamw": {"lr": 1e-3, "weight_decay": 0.01}},
    "schedule": {"onecycle": {"warmup": 0.2}},
    "batch_size": 32,
    "epochs": 6,
    "frozen_epochs": 2,
    "early_rate": 0.1,
}
"""How a network is fine-tuned where nobody says otherwise."""

KEPT = ("augment", "oversample", "tta")
"""What fine-tuning keeps of the recipe that the network was trained with: it fits the images."""


WITHOUT_WEIGHTS = {"activation", "dropout", "flatten", "global_pool", "identity", "norm", "pool"}
"""What may come after the last layer with an output for each class."""

FAR = 10
"""So many deviations away, or so many times as wide, values are in another unit."""


def finetuning(
    start: Start, recipe: Mapping[str, Any] | None = None, parts: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The document of a space for `start` with other classes: `training` is the recipe.

    Images are decoded as the start's were, into its input shape; `parts` are options of `data`
    that say how they are split. Raises SpaceError where the network does not end in a layer with
    an output for each class.
    """
    document = start.candidate.to_json()
    data = {name: value for name, value in document["data"].items() if name != "classes"}
    if start.preprocessing is not None:
        how = start.preprocessing.to_json()
        data |= {name: how[name] for name in ("fit", "background", "max_value")}
    if start.task is not None:
        data["task"] = TASKS.write(start.task)
    data |= parts or {}
    if recipe is None:
        kept = {name: document["training"][name] for name in KEPT}
        recipe = {**RECIPE, **kept}
    if not _open_head(document["architecture"], start.candidate.classes):
        text = "does not end in a linear or conv layer with an output for each class"
        raise SpaceError(Problem("A05", f"the network {text}", "architecture", str(start.file)))
    return {**document, "data": data, "training": dict(recipe)}


def _open_head(layers: list[dict[str, Any]], classes: int) -> bool:
    """Let the last layer with weights have as many outputs as there will be classes."""
    for layer in reversed(layers):
        ((word, options),) = layer.items()
        if word == "group":
            if _open_head(options["layers"], classes):
                return True
        elif word in ("linear", "conv"):
            name = "units" if word == "linear" else "channels"
            if options[name] != classes:
                return False
            options[name] = "=classes"
            return True
        elif word not in WITHOUT_WEIGHTS:
            return False
    return False


def like_start(start: Start, dataset: Dataset) -> Dataset:
    """The data, normalised by mean and deviation of the images that the start was trained on.

    Values of the same names keep the scale in which the start's outputs are, unless they lie
    elsewhere, as those of another unit do.
    """
    same = dataset.task.scaled and start.classes == dataset.classes
    if same and start.scale is not None and _near(dataset.scale, start.scale):
        dataset = replace(dataset, scale=start.scale)
    if start.mean is None or start.std is None or len(start.mean) != len(dataset.mean):
        return dataset
    return replace(dataset, mean=start.mean, std=start.std)


def _near(scale: Scale, known: Scale) -> bool:
    """Whether values of a scale are neither far nor tiny in units of the known one."""
    return all(
        abs(mean - known_mean) <= FAR * unit and unit / FAR <= std <= FAR * unit
        for mean, std, known_mean, unit in zip(*scale, *known, strict=True)
    )


def first_weights(start: Start, candidate: Candidate, dataset: Dataset) -> dict[str, Tensor]:
    """The start's weights by name, without those of the head unless the classes are the same.

    Raises BundleError for weights of other shapes than the candidate's.
    """
    import torch

    from autocnn.training.stages import head_names

    with torch.device("meta"):
        module = build(candidate.architecture)
    expected = module.state_dict()
    known = start.classes or dataset.classes  # without names, equal numbers must do
    same = known == dataset.classes and candidate.classes == start.candidate.classes
    same = same and candidate.task == start.candidate.task
    left = set[str]() if same else head_names(module)
    taken = {name: tensor for name, tensor in start.weights.items() if name not in left}
    problems = [
        Problem(
            "A05",
            f"{name}: the network takes the shape {list(expected[name].shape)} "
            f"for images {'x'.join(map(str, candidate.architecture.shape))}, "
            f"the weights have {list(tensor.shape)}",
            str(start.file),
        )
        for name, tensor in taken.items()
        if name in expected and expected[name].shape != tensor.shape
    ]
    problems += [
        Problem("A05", f"has {name}, which the network lacks", str(start.file))
        for name in taken
        if name not in expected
    ]
    if problems:
        raise BundleError(*problems[:SHOWN_DIFFERENCES])
    return taken
