"""The shipped blocks, written in the language, against the published networks made of them."""

from __future__ import annotations

import pytest

from autocnn.network import BLOCKS, LAYERS, cost, table, totals
from autocnn.registry import Options
from autocnn.space import Language, elaborate, fill_values, load_space


class NoRecipe(Options):
    """A recipe without options: these tests train nothing."""


LANGUAGE = Language(LAYERS, NoRecipe, BLOCKS, {})
HEAD = ["global_pool", {"linear": {"units": "=classes", "activation": "none"}}]


def elaborated(layers, shape=(3, 224, 224), **defaults):
    document = {"architecture": layers, "defaults": defaults, "training": {}}
    candidate = elaborate(fill_values(load_space(document, LANGUAGE), {}), shape, 1000)
    return candidate.architecture


def resnet(block, channels, depths, **options):
    stages = [
        {block: {"channels": width, "stride": 2 if stage and not place else 1, **options}}
        for stage, (width, depth) in enumerate(zip(channels, depths, strict=True))
        for place in range(depth)
    ]
    stem = [
        {"conv": {"channels": 64, "kernel": 7, "stride": 2}},
        {"pool": {"kernel": 3, "stride": 2, "padding": 1}},
    ]
    return elaborated([*stem, *stages, *HEAD], norm="batch")


def mobile(rows, **options):
    stages = [
        {"mbconv": {"channels": width, "kernel": kernel, "expand": expand, **options,
                    "stride": 1 if place else stride}}
        for expand, width, depth, stride, kernel in rows
        for place in range(depth)
    ]  # fmt: skip
    stem, last = {"channels": 32, "stride": 2}, {"channels": 1280, "kernel": 1}
    layers = [{"conv": stem}, *stages, {"conv": last}, *HEAD]
    return elaborated(layers, norm="batch", activation="silu")


MOBILENET_V2 = [
    (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 32, 3, 2, 3), (6, 64, 4, 2, 3), (6, 96, 3, 1, 3),
    (6, 160, 3, 2, 3), (6, 320, 1, 1, 3),
]  # fmt: skip
EFFICIENTNET_B0 = [
    (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
]  # fmt: skip
WIDE = (256, 512, 1024, 2048)
PUBLISHED = {  # parameters of the torchvision models; MACs in units of 1e6
    "resnet18": (lambda: resnet("basic", (64, 128, 256, 512), (2, 2, 2, 2)), 11_689_512, 1814),
    "resnet50": (lambda: resnet("bottleneck", WIDE, (3, 4, 6, 3)), 25_557_032, 4089),
    "resnext50_32x4d": (
        lambda: resnet("bottleneck", WIDE, (3, 4, 6, 3), groups=32, base_width=4),
        25_028_904,
        4230,
    ),
    "wide_resnet50_2": (
        lambda: resnet("bottleneck", WIDE, (3, 4, 6, 3), base_width=128),
        68_883_240,
        11398,
    ),
    "mobilenet_v2": (lambda: mobile(MOBILENET_V2, attention=[]), 3_504_872, 301),
    "efficientnet_b0": (lambda: mobile(EFFICIENTNET_B0), 5_288_548, 386),
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_networks_have_their_published_size(name):
    made, params, macs = PUBLISHED[name]
    counts = cost(made())
    assert (counts.params, round(counts.macs / 1e6)) == (params, macs)


def test_a_resnet_50_is_50_layers_deep():
    summed = totals(table(resnet("bottleneck", WIDE, (3, 4, 6, 3))))
    assert (summed["depth"], summed["receptive_field"]) == (50, [427 + 6 * 32] * 2)


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_every_block_keeps_its_name_and_takes_the_defaults(name):
    found = elaborated(
        [{name: {"channels": 12}}, *HEAD], (4, 8, 8), norm="batch", activation="mish"
    )
    row = table(found)[0]
    assert (row["kind"], row["name"], row["out_shape"]) == ("group", name, [12, 8, 8])
    written = str(found.layers[0].to_json())
    assert "mish" in written
    assert "batch" in written


def test_a_separable_convolution_costs_what_its_paper_says():
    found = elaborated([{"sep_conv": {"channels": 64}}, *HEAD], (32, 14, 14))
    assert table(found)[0]["macs"] == 14 * 14 * (32 * 9 + 32 * 64)


def test_blocks_drop_their_path():
    for name in ("basic", "bottleneck", "mbconv"):
        found = elaborated([{name: {"channels": 4, "drop_path": 0.25}}, *HEAD], (4, 8, 8))
        assert found.layers[0].layers[0].drop_path == 0.25
