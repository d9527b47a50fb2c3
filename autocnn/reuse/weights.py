"""Weights as a safetensors file, read with no trust in what it contains."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autocnn.errors import BundleError, Problem, suggest
from autocnn.network import build, cost
from autocnn.space.candidate import Architecture

if TYPE_CHECKING:
    from torch import Tensor, nn

LARGEST_ACTIVATIONS = 2**30
"""Values that a network may compute for one image; more would not fit into memory."""

SHOWN_DIFFERENCES = 5


def save_weights(file: Path, weights: Mapping[str, Tensor]) -> None:
    """Write a state dict; floats are kept in 32 bits."""
    from safetensors.torch import save_file

    tensors = {
        name: (tensor.float() if tensor.is_floating_point() else tensor)
        .detach()
        .cpu()
        .contiguous()
        .clone()
        for name, tensor in weights.items()
    }
    save_file(tensors, file, metadata={"format": "pt"})


def load_network(architecture: Architecture, file: Path) -> nn.Module:
    """Build the network and give it the weights of `file`; in evaluation mode.

    Raises BundleError if the file is no safetensors file, holds other names, shapes or types
    than the network, or values that are not finite. Nothing larger than the file is allocated.
    """
    import torch

    _check_size(architecture, file)
    tensors = read_tensors(file)
    with torch.device("meta"):
        expected = build(architecture).state_dict()
    check_weights(expected, tensors, file)
    check_finite(tensors, file)
    with torch.random.fork_rng(devices=[]):  # the caller's random numbers are none of our business
        network = build(architecture)
    network.load_state_dict(tensors, strict=True)
    return network.eval()


def check_weights(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], file: Path) -> None:
    """Raise BundleError unless both have the same names, shapes and types."""
    differences = _differences(expected, found)
    if differences:
        more = len(differences) - SHOWN_DIFFERENCES
        shown = differences[:SHOWN_DIFFERENCES] + ([f"and {more} more"] if more > 0 else [])
        raise BundleError(*(Problem("A05", text, str(file)) for text in shown))


def check_finite(tensors: Mapping[str, Tensor], file: Path) -> None:
    """Raise BundleError where a value is infinite or no number."""
    import torch

    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise BundleError(Problem("A11", f"{name} has values that are not finite", str(file)))


def _check_size(architecture: Architecture, file: Path) -> None:
    counts = cost(architecture)
    if counts.activations > LARGEST_ACTIVATIONS:
        raise BundleError(
            Problem("A06", f"computes {counts.activations:,} values per image", str(file.parent))
        )
    size = file.stat().st_size
    if 4 * counts.params > size:
        text = f"has {size:,} bytes, too few for {counts.params:,} parameters"
        raise BundleError(Problem("A06", text, str(file)))


def read_tensors(file: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file by name; raises BundleError for any other file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with file.open("rb") as stream:
        head = stream.read(2)
    if head in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05"):
        text = "is a pickle, not a weights file; those are safetensors here"
        raise BundleError(Problem("A03", text, str(file)))
    try:
        return load_file(file)
    except (SafetensorError, ValueError, KeyError, OSError) as error:
        text = f"is not a safetensors file: {error}"
        raise BundleError(Problem("A01", text, str(file))) from error


def _differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    extra = [name for name in found if name not in expected]
    lacking = [name for name in expected if name not in found]
    texts = [
        f"lacks {name}, of the shape {list(expected[name].shape)}{_near(place, name, extra)}"
        for place, name in enumerate(lacking)
    ]
    texts += [
        f"has {name}, which the network lacks{_near(place, name, lacking)}"
        for place, name in enumerate(extra)
    ]
    for name in expected:
        if name not in found:
            continue
        wanted, given = expected[name], found[name]
        if wanted.shape != given.shape:
            texts.append(
                f"{name}: expected the shape {list(wanted.shape)}, got {list(given.shape)}"
            )
        elif wanted.dtype != given.dtype:
            texts.append(f"{name}: expected {wanted.dtype}, got {given.dtype}")
    return texts


def _near(place: int, name: str, others: list[str]) -> str:
    """The nearest of the other names, which takes long to find, for the differences shown."""
    return suggest(name, others) if place < SHOWN_DIFFERENCES else ""
