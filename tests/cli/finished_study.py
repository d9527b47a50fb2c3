"""What the tests of commands share: the small space, an answer, a finished study."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPACE = """\
study: tiny
data: {source: digits}
architecture:
  - conv: {channels: {choice: [8, 12]}, norm: batch}
  - pool: {kernel: 2}
  - global_pool
  - linear: {units: =classes, activation: none}
training: {optimizer: {adamw: {lr: 0.02}}, batch_size: 64, epochs: 2, average: {ema: {decay: 0.9}}}
search: {strategy: random, stopping: none, executor: inline, finals: {candidates: 1}}
budget: {trials: 2}
"""


@dataclass(frozen=True)
class Answer:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Answer]


@dataclass(frozen=True)
class Study:
    """A folder with the tiny space, and the store with its finished study."""

    folder: Path
    code: int

    @property
    def space(self) -> Path:
        return self.folder / "tiny.yaml"

    @property
    def store(self) -> str:
        return f"sqlite:///{self.folder}/studies/autocnn.db"

    @property
    def bundle(self) -> Path:
        return self.folder / "studies" / "tiny" / "bundle"
