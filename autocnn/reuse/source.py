"""A network as plain PyTorch source, a bundle's with a file of weights, without autocnn."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from autocnn.data.tasks import TASKS, Task
from autocnn.reuse.bundle import WEIGHTS, Bundle
from autocnn.space import Candidate
from autocnn.training import recipe_of

ABOUT = """A network for {shape} images {kinds}, written by autocnn {version}.

It needs {needs} and nothing else:

    network = load()  # from the file of weights beside this one
    {outputs} = {call}  # pixels (N, {height}, {width}, {channels}), uint8
    {answer}
"""

ABOUT_UNTRAINED = """A network for {shape} images {kinds}.

Written by autocnn {version}. It needs {needs} and nothing else:

    network = Network()  # untrained: weights as torch makes them
    logits = network(images)  # images (N, {shape_list}), floats
"""

IMPORTS = (
    "import torch",
    "from pathlib import Path",
    "from safetensors.torch import load_file",
    "from torch import Tensor",
)

ANSWERS: Mapping[str, tuple[str, str]] = {
    "classification": ("logits", "names = [CLASSES[place] for place in logits.argmax(1)]"),
    "multilabel": ("logits", "probabilities = logits.sigmoid()  # (N, labels), as in LABELS"),
    "regression": ("outputs", "values = scaled(outputs)  # (N, values), as in VALUES"),
}
"""What outputs are called, and what is done with them."""

SCALE = """VALUE_MEAN = {mean}
VALUE_STD = {std}"""

SCALED = '''def scaled(outputs: Tensor) -> Tensor:
    """Outputs (N, values) in the units of the values."""
    mean, std = (
        torch.tensor(values, dtype=torch.float64, device=outputs.device)
        for values in (VALUE_MEAN, VALUE_STD)
    )
    return outputs.double() * std + mean'''

CONSTANTS = """{things} = {classes}
MEAN = {mean}
STD = {std}"""

FUNCTIONS = '''def prepare(pixels: Tensor) -> Tensor:
    """Images (N, H, W, C), uint8, of the network's size as its input (N, C, H, W)."""
    mean, std = (
        torch.tensor(values, device=pixels.device).view(1, -1, 1, 1) for values in (MEAN, STD)
    )
    return (pixels.permute(0, 3, 1, 2).float() / 255 - mean) / std


def load(weights: str | Path = Path(__file__).with_suffix(".safetensors")) -> Network:
    """The trained network, in evaluation mode."""
    network = Network()
    network.load_state_dict(load_file(weights))
    return network.eval()'''


PREDICT = '''def predict(network: Network, images: Tensor) -> Tensor:
    """The mean outputs over several versions of the images (N, C, H, W), as of the bundle."""
    found = [images]
{views}
    return torch.stack([network(image) for image in found]).mean(0)'''

VIEW = "    found += [view for image in found for view in {view}]"


def source(bundle: Bundle) -> str:
    """The text of a Python module that defines `Network`, `prepare`, `load`, perhaps `predict`.

    It imports own layers from their modules and nothing of autocnn; `load` reads the bundle's
    weights, see `copy_weights`. With test-time augmentation `predict` averages over what the
    bundle averages over.
    """
    from autocnn.network.source import Addition, module_text

    recipe = recipe_of(bundle.candidate)
    augmented = [made.view_source() for made in recipe.augment] if recipe.tta else []
    views = "\n".join(VIEW.format(view=view) for view in augmented if view)
    document, shape = bundle.document, bundle.candidate.architecture.shape
    about = ABOUT.format(
        shape=" x ".join(map(str, shape)),
        kinds=_kinds(document.task, len(document.classes)),
        outputs=ANSWERS[document.task.word][0],
        call="predict(network, prepare(pixels))" if views else "network(prepare(pixels))",
        answer=ANSWERS[document.task.word][1],
        version=document.autocnn,
        needs=", ".join(("torch", "safetensors", *bundle.candidate.architecture.imports)),
        channels=shape[0],
        height=shape[1],
        width=shape[2],
    )
    constants = CONSTANTS.format(
        things=document.task.thing[1].upper(),
        classes=_listed(document.classes),
        mean=tuple(document.mean),
        std=tuple(document.std),
    )
    functions = FUNCTIONS
    if views:
        functions += "\n\n\n" + PREDICT.format(views=views)
    if document.task.scaled:
        mean, std = document.scale
        constants += "\n" + SCALE.format(mean=tuple(mean), std=tuple(std))
        functions += "\n\n\n" + SCALED
    return module_text(
        bundle.candidate.architecture, about, Addition(IMPORTS, constants, functions)
    )


def untrained_source(candidate: Candidate) -> str:
    """The text of a Python module that defines `Network`, with weights as torch makes them.

    It imports nothing of autocnn. The `init` of a layer is not written.
    """
    from autocnn import __version__
    from autocnn.network.source import module_text

    shape = candidate.architecture.shape
    about = ABOUT_UNTRAINED.format(
        shape=" x ".join(map(str, shape)),
        shape_list=", ".join(map(str, shape)),
        kinds=_kinds(TASKS[candidate.task](), candidate.classes),
        version=__version__,
        needs=", ".join(("torch", *candidate.architecture.imports)),
    )
    return module_text(candidate.architecture, about)


def copy_weights(bundle: Bundle, target: Path) -> None:
    """Put the bundle's weights at `target`."""
    shutil.copyfile(bundle.folder / WEIGHTS, target)


def _kinds(task: Task, count: int) -> str:
    word = "in" if task.word == "classification" else "with"
    return f"{word} {count} {task.thing[count != 1]}"


def _listed(classes: tuple[str, ...]) -> str:
    flat = repr(tuple(classes))
    if len(flat) < 80:
        return flat
    return "(\n" + "".join(f"    {name!r},\n" for name in classes) + ")"
