"""A bundle as plain PyTorch source and a file of weights, to be used without autocnn."""

from __future__ import annotations

import shutil
from pathlib import Path

from autocnn.reuse.bundle import WEIGHTS, Bundle

ABOUT = """A network for {shape} images in {classes} classes, written by autocnn {version}.

It needs torch and safetensors and nothing else:

    network = load()  # from the file of weights beside this one
    logits = network(prepare(pixels))  # pixels (N, {height}, {width}, {channels}), uint8
    names = [CLASSES[place] for place in logits.argmax(1)]
"""

IMPORTS = (
    "import torch",
    "from pathlib import Path",
    "from safetensors.torch import load_file",
    "from torch import Tensor",
)

CONSTANTS = """CLASSES = {classes}
MEAN = {mean}
STD = {std}"""

FUNCTIONS = '''def prepare(pixels: Tensor) -> Tensor:
    """Images (N, H, W, C), uint8, of the network's size as its input (N, C, H, W)."""
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (MEAN, STD))
    return (pixels.permute(0, 3, 1, 2).float() / 255 - mean) / std


def load(weights: str | Path = Path(__file__).with_suffix(".safetensors")) -> Network:
    """The trained network, in evaluation mode."""
    network = Network()
    network.load_state_dict(load_file(weights))
    return network.eval()'''


def source(bundle: Bundle) -> str:
    """The text of a Python module that defines `Network`, `prepare` and `load`.

    It imports nothing of autocnn; `load` reads the bundle's weights, see `copy_weights`.
    """
    from autocnn.network.source import Addition, module_text

    document, shape = bundle.document, bundle.candidate.architecture.shape
    about = ABOUT.format(
        shape=" x ".join(map(str, shape)),
        classes=len(document.classes),
        version=document.autocnn,
        channels=shape[0],
        height=shape[1],
        width=shape[2],
    )
    constants = CONSTANTS.format(
        classes=_listed(document.classes), mean=tuple(document.mean), std=tuple(document.std)
    )
    return module_text(
        bundle.candidate.architecture, about, Addition(IMPORTS, constants, FUNCTIONS)
    )


def copy_weights(bundle: Bundle, target: Path) -> None:
    """Put the bundle's weights at `target`."""
    shutil.copyfile(bundle.folder / WEIGHTS, target)


def _listed(classes: tuple[str, ...]) -> str:
    flat = repr(tuple(classes))
    if len(flat) < 80:
        return flat
    return "(\n" + "".join(f"    {name!r},\n" for name in classes) + ")"
