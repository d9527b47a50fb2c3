"""One finished study on real data, made by the command itself, for all tests of commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autocnn.cli import main

SPACE = """\
study: tiny
data: {source: digits}
architecture:
  - conv: {channels: {choice: [8, 12]}, norm: batch}
  - pool: {kernel: 2}
  - global_pool
  - linear: {units: =classes, activation: none}
training: {optimizer: {adamw: {lr: 0.02}}, batch_size: 64, epochs: 2, ema: 0.9}
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


@pytest.fixture
def autocnn(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line in this process."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


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


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    (folder / "tiny.yaml").write_text(SPACE)
    store = f"sqlite:///{folder}/studies/autocnn.db"
    return Study(folder, main(["search", str(folder / "tiny.yaml"), "--store", store, "--quiet"]))
