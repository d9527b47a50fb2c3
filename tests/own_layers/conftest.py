"""A package of a user's layer and of the README's metric, in a folder of its own, and a space."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autocnn.training import METRICS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
(METRIC,) = re.findall(r"(?s)```python\n(from autocnn.training import METRICS.*?)```", README)

LAYERS = '''
from typing import Annotated, Literal

from pydantic import Field
from torch import nn

import autocnn


@autocnn.layer("{word}")
class Gated(nn.Module):
    """A convolution times a gate of its input.

    https://arxiv.org/abs/1612.08083
    """

    def __init__(
        self,
        in_channels,
        *,
        channels: Annotated[int, Field(ge=1)],
        stride: int = 1,
        kind: Literal["sigmoid", "tanh"] = "sigmoid",
        sizes: tuple[int, ...] = (3, 3),
    ):
        super().__init__()
        self.value = nn.Conv2d(in_channels, channels, sizes, stride, padding=1)
        self.gate = nn.Conv2d(in_channels, channels, sizes, stride, padding=1)
        self.squash = nn.Sigmoid() if kind == "sigmoid" else nn.Tanh()

    def forward(self, x):
        return self.value(x) * self.squash(self.gate(x))
'''

SPACE = """\
study: own
imports: [{module}]
data: {{source: digits}}
architecture:
  - conv: {{channels: 8, norm: batch}}
  - repeat:
      times: 2
      each: [{{{word}: {{channels: {{choice: [8, 12]}}, stride: 2}}}}]
  - global_pool
  - linear: {{units: =classes, activation: none}}
training:
  optimizer: {{adamw: {{lr: 0.02}}}}
  average: {{ema: {{decay: 0.9}}}}
  batch_size: 64
  epochs: 1
objectives: {{val_{word}: maximize}}
search: {{strategy: random, stopping: none, workers: 1, finals: {{candidates: 1}}}}
budget: {{trials: 2}}
"""


@pytest.fixture
def package(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The name of a module in `tmp_path`, another for every test: words are registered once."""
    monkeypatch.setattr(METRICS, "_entries", dict(METRICS._entries))
    name = request.node.name.partition("[")[0]
    (tmp_path / f"{name}_package").mkdir()
    (tmp_path / f"{name}_package" / "__init__.py").touch()
    text = LAYERS.replace("{word}", name) + METRIC.replace("worst_class", name)
    (tmp_path / f"{name}_package" / "layers.py").write_text(text, encoding="utf-8")
    text = SPACE.format(module=f"{name}_package.layers", word=name)
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    return f"{name}_package.layers"
