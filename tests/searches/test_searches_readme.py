"""The README's commands and examples, run as written but for the time they take."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from autocnn.api import load_space
from autocnn.network import cost
from autocnn.space import check

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SHORTER = {"20m": "20s", "2h": "20s", "2m": "10s"}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, flags=re.DOTALL)


def commands() -> list[str]:
    lines = [
        line.partition("  #")[0].strip() for block in blocks("sh") for line in block.split("\n")
    ]
    return [line for line in lines if line.startswith("autocnn ")]


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "autocnn"), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory with photos of digits, as the README's reader might have."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "search_spaces").symlink_to(ROOT / "search_spaces")
    digits = load_digits()
    for index, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        place = folder / ("new_photos" if index >= 400 else f"photos/{label}")
        place.mkdir(parents=True, exist_ok=True)
        if index < 410:
            Image.fromarray((image * 15).astype(np.uint8)).save(place / f"{index}.png")
    rows = list(enumerate(digits.target[:100].tolist()))
    tables = {
        "scenes": [
            "path,labels",
            *(f"photos/{n}/{i}.png,sea{'|b' * (n > 4)}" for i, n in rows),
        ],
        "cars": ["path,price,age", *(f"photos/{n}/{i}.png,{n * 1000},{i % 9}" for i, n in rows)],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_the_commands_run_in_the_order_of_the_text(folder: Path) -> None:
    found = commands()
    assert len(found) >= 6
    for line in found:
        words = [SHORTER.get(word, word) for word in shlex.split(line.partition(" > ")[0])]
        done = run(*words[1:], folder=folder)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def test_the_example_space_is_one(folder: Path) -> None:
    (example,) = blocks("yaml")
    (folder / "example.yaml").write_text(example, encoding="utf-8")
    space = load_space(folder / "example.yaml")
    found = check(space, (1, 28, 28), 10, cost=cost, samples=20)
    assert found.share > 0


def test_every_command_is_in_the_table() -> None:
    from autocnn.cli.app import app

    names = {command.name or str(command.callback.__name__) for command in app.registered_commands}
    for name in {name.replace("_", "-") for name in names}:
        assert re.search(rf"`(autocnn )?{name}\b", TEXT), f"README lacks the command {name}"


def test_the_example_mistake_is_told_as_shown(folder: Path) -> None:
    text = blocks("yaml")[0].replace(
        "kernel: {choice: [3, 5]}}\n  - repeat", "kernal: 3}\n  - repeat"
    )
    (folder / "space.yaml").write_text(text, encoding="utf-8")
    done = run("check", "space.yaml", folder=folder)
    assert done.returncode == 2
    assert done.stderr.strip() in TEXT
