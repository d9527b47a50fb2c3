"""The spaces to search under search_spaces: what they hold, and a short search of each."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_digits

from autocnn.api import load_space, run_search
from autocnn.cli import main
from autocnn.data import DataOptions, Dataset, from_arrays
from autocnn.network import cost
from autocnn.space import Candidate, count, elaborate, fill_values

FOLDER = Path(__file__).parent.parent / "search_spaces"
FAMILIES = sorted({path.stem for path in FOLDER.glob("*.yaml")} - {"fashion_mnist", "quickstart"})
QUICK = ("nasbench201", "own_images", "resnet", "vgg")
"""The families whose short search takes few seconds."""

SHORT: dict[str, Any] = {
    "search": {
        "strategy": "random",
        "stopping": "none",
        "executor": "inline",
        "finals": {"candidates": 1, "refit": False},
    },
    "budget": {"trials": 4},
}


@cache
def digits() -> Dataset:
    """500 of the digits."""
    x, y = load_digits(return_X_y=True)
    images = x[:500].reshape(-1, 8, 8) / 16
    return from_arrays(images, y[:500], options=DataOptions(validation=0.4, test=0.4))


def shortened(name: str) -> dict[str, Any]:
    """The document of a family with a recipe of one epoch and a search of four trials."""
    document = load_space(FOLDER / f"{name}.yaml").document
    training = {**document["training"], "epochs": 1, "tta": False}
    return {**document, **SHORT, "study": name, "training": training}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_passes_check(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--input", "1x28x28", "--classes", "10", "--samples", "20", "--json")
    assert main(["check", str(FOLDER / f"{name}.yaml"), *given]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["feasible"] > 17, found["impossible"]
    assert found["within_constraints"] > 5
    assert not found["notes"]


def test_nasbench201_has_the_cells_of_the_benchmark_at_their_published_size() -> None:
    space = load_space(FOLDER / "nasbench201.yaml", overrides=["define.depth=5"])
    assert count(space) == 15_625
    for operation, published in (("a0", (73_306, 7_783_040)), ("a3", (1_531_546, 220_119_680))):
        filled = fill_values(space, dict.fromkeys((hole.name for hole in space.holes), operation))
        made = elaborate(filled, (3, 32, 32), 10)
        assert isinstance(made, Candidate)
        counts = cost(made.architecture)
        assert (counts.params, counts.macs) == published


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in FAMILIES],
)
def test_a_family_is_searched(name: str, tmp_path: Path) -> None:
    result = run_search(
        shortened(name), store=f"sqlite:///{tmp_path}/a.db", dataset=digits(), report=False
    )
    assert result.state == "finished"
    assert result.bundle is not None
    assert result.candidate is not None
