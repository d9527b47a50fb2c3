"""The written source of a network, loaded as Python and compared with what it was made from."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import torch
from torch import nn

from autocnn.network import build
from autocnn.network.source import module_text
from autocnn.space import Architecture


def load_text(text: str, folder: Path):
    """The text as an imported module."""
    file = folder / "written.py"
    file.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("written", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def imported(text: str) -> set[str]:
    """The packages that a text imports."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.partition(".")[0])
    return found


def same_outputs(architecture: Architecture, folder: Path, images: int = 2) -> str:
    """Assert that the source takes the network's state and gives its outputs; return the text."""
    text = module_text(architecture, "A network.")
    assert "autocnn" not in imported(text)
    written = load_text(text, folder).Network()
    torch.manual_seed(0)
    network = build(architecture).eval()
    move_statistics(network)
    written.load_state_dict(network.state_dict(), strict=True)
    x = torch.randn(images, *architecture.shape)
    with torch.inference_mode():
        torch.testing.assert_close(written.eval()(x), network(x), rtol=1e-6, atol=1e-6)
    return text


def move_statistics(network: nn.Module) -> None:
    """Give running statistics values that differ from those they start with."""
    for name, buffer in network.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.uniform_(0.5, 1.5)
