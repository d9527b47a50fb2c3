"""The published networks under search_spaces/classics/, against the numbers of their sources."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from autocnn.api import load_space
from autocnn.network import build, cost, table
from autocnn.space import Candidate, check, elaborate, fill_values

FOLDER = Path(__file__).parent.parent / "search_spaces" / "classics"
PUBLISHED = {  # parameters and multiply-adds of convolutions and linear layers, without bias
    "alexnet": (61_100_840, 714_188_480),
    "convnext_tiny": (28_589_128, 4_455_531_264),
    "darts_v2_cifar": (3_349_342, 528_359_040),
    "densenet121": (7_978_856, 2_834_161_664),
    "efficientnet_b0": (5_288_548, 385_814_752),
    "efficientnet_lite0": (4_652_008, 385_187_552),
    "googlenet": (6_624_904, 1_498_376_192),
    "inception_v3": (23_834_568, 5_713_216_096),
    "lenet5": (61_706, 416_520),
    "mobilenet_v2": (3_504_872, 300_774_272),
    "mobilenet_v3_large": (5_483_032, 216_589_760),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet56_cifar": (855_770, 125_747_840),
    "shufflenet_v2": (2_278_604, 144_907_992),
    "squeezenet1_0": (1_248_424, 818_924_576),
    "vgg16": (138_357_544, 15_470_264_320),
    "vgg16_bn": (138_365_992, 15_470_264_320),
}


def candidate(name: str) -> Candidate:
    space = load_space(FOLDER / f"{name}.yaml")
    given = space.document["data"]
    made = elaborate(fill_values(space, {}), given["shape"], given["classes"])
    assert isinstance(made, Candidate)
    return made


def test_every_classic_is_in_the_table() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(PUBLISHED)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_classic_costs_what_its_source_says(name: str) -> None:
    made = candidate(name)
    architecture = made.architecture
    counts = cost(architecture)
    assert (counts.params, counts.macs) == PUBLISHED[name]
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert f"{counts.params:,} parameters" in text
    with torch.device("meta"):
        module = build(architecture).eval()
        logits = module(torch.zeros(2, *architecture.shape))
    assert logits.shape == (2, made.classes)
    assert sum(parameter.numel() for parameter in module.parameters()) == counts.params


def test_lenet_layer_by_layer() -> None:
    rows = [row for row in table(candidate("lenet5").architecture) if row["kind"] != "flatten"]
    assert [row["params"] for row in rows] == [156, 0, 2_416, 0, 48_120, 10_164, 850]


@pytest.mark.parametrize(
    ("name", "hole", "params"),
    [
        ("resnet50", "architecture.3.stage.depth={int: [1, 4]}", (24_716_840, 25_557_032)),
        ("vgg16", "defaults.norm={choice: [none, batch]}", (138_357_544, 138_361_768)),
        ("googlenet", "architecture.5.inception.kernel={choice: [3, 5]}", (6_624_904, 6_633_096)),
    ],
)
def test_any_part_of_a_classic_may_be_a_hole(
    name: str, hole: str, params: tuple[int, int]
) -> None:
    space = load_space(FOLDER / f"{name}.yaml", overrides=[hole])
    found = check(space, (3, 224, 224), 1000, cost=cost)
    assert found.params == params
