"""The shipped blocks, written in the language, against the published networks made of them."""

from __future__ import annotations

import pytest
import torch

from autocnn.network import BLOCKS, LAYERS, build, cost, table, totals
from autocnn.registry import Options
from autocnn.space import Candidate, Language, elaborate, fill_values, load_space


class NoRecipe(Options):
    """A recipe without options: these tests train nothing."""


LANGUAGE = Language(LAYERS, NoRecipe, BLOCKS, {})
RESNET_STEM = [
    {"conv": {"channels": 64, "kernel": 7, "stride": 2}},
    {"pool": {"kernel": 3, "stride": 2, "padding": 1}},
]
HEAD = ["global_pool", {"linear": {"units": "=classes", "activation": "none"}}]


def elaborated(layers, shape=(3, 224, 224), **defaults):
    document = {"architecture": layers, "defaults": defaults, "training": {}}
    made = elaborate(fill_values(load_space(document, LANGUAGE), {}), shape, 1000)
    assert isinstance(made, Candidate), made
    return made.architecture


def staged(block, stem, rows, head=(), norm="batch", activation="relu", **options):
    """A network of rows `(depth, stride, options)`; the stride is that of a row's first block."""
    stages = [
        {block: {**options, **given, "stride": 1 if place else stride}}
        for depth, stride, given in rows
        for place in range(depth)
    ]
    return elaborated([*stem, *stages, *head, *HEAD], norm=norm, activation=activation)


def resnet(**options):
    rows = [(3, 1, 256), (4, 2, 512), (6, 2, 1024), (3, 2, 2048)]
    given = [(depth, stride, {"channels": width}) for depth, stride, width in rows]
    return staged("bottleneck", RESNET_STEM, given, **options)


def mobile(rows, activation, **options):
    """Rows are those of the papers: expand, channels, depth, stride, kernel."""
    given = [
        (depth, stride, {"expand": expand, "channels": width, "kernel": kernel})
        for expand, width, depth, stride, kernel in rows
    ]
    first, last = {"channels": 32, "stride": 2}, {"channels": 1280, "kernel": 1}
    stem, head = [{"conv": first}], [{"conv": last}]
    return staged("mbconv", stem, given, head, activation=activation, **options)


def regnet(block, widths, depths, group_width):
    rows = [
        (depth, 2, {"channels": width, "group_width": group_width})
        for width, depth in zip(widths, depths, strict=True)
    ]
    return staged(block, [{"conv": {"channels": 32, "stride": 2}}], rows)


def efficientnet_v2_s():
    fused = [(2, 1, 1, 24), (4, 2, 4, 48), (4, 2, 4, 64)]
    plain = [(6, 2, 4, 128), (9, 1, 6, 160), (15, 2, 6, 256)]
    blocks = [
        {kind: {"channels": width, "expand": expand, "stride": 1 if place else stride, **given}}
        for kind, rows, given in (
            ("fused_mbconv", fused, {}),
            ("mbconv", plain, {"squeeze_activation": "silu"}),
        )
        for depth, stride, expand, width in rows
        for place in range(depth)
    ]
    stem, last = {"channels": 24, "stride": 2}, {"channels": 1280, "kernel": 1}
    layers = [{"conv": stem}, *blocks, {"conv": last}, *HEAD]
    return elaborated(layers, (3, 384, 384), norm="batch", activation="silu")


def res2net():
    rows = [(1, 1, 256), (2, 1, 256), (4, 2, 512), (6, 2, 1024), (3, 2, 2048)]
    given = [(depth, stride, {"channels": width}) for depth, stride, width in rows]
    given[0][2]["first"] = True
    return staged("res2net", RESNET_STEM, given)


def squeezenet_1_1():
    pool = {"pool": {"kernel": 3, "stride": 2, "ceil": True}}
    fires = [pool, 128, 128, pool, 256, 256, pool, 384, 384, 512, 512]
    return elaborated([
        {"conv": {"channels": 64, "stride": 2, "padding": "valid"}},
        *(fire if fire is pool else {"fire": {"channels": fire}} for fire in fires),
        {"conv": {"channels": "=classes", "kernel": 1}},
        "global_pool",
    ])  # fmt: skip


MNASNET = [
    (1, 16, 1, 1, 3), (3, 24, 3, 2, 3), (3, 40, 3, 2, 5), (6, 80, 3, 2, 5), (6, 96, 2, 1, 3),
    (6, 192, 4, 2, 5), (6, 320, 1, 1, 3),
]  # fmt: skip
PUBLISHED = {  # parameters and 1e9 multiply-adds of well-known implementations
    "resnext50_32x4d": (lambda: resnet(groups=32, base_width=4), 25_028_904, 4.23),
    "se_resnet50": (lambda: resnet(attention=["se"]), 28_088_024, 4.09),
    "wide_resnet50_2": (lambda: resnet(base_width=128), 68_883_240, 11.40),
    "res2net50_26w_4s": (res2net, 25_699_120, 4.26),  # 25.7 M and 4.2 G in the paper
    "mnasnet_1_0": (lambda: mobile(MNASNET, "relu", attention=[]), 4_383_312, 0.31),
    "efficientnet_v2_s": (efficientnet_v2_s, 21_458_488, 8.37),
    "regnet_x_400mf": (
        lambda: regnet("regnet_x", (32, 64, 160, 400), (1, 2, 7, 12), 16), 5_495_976, 0.41,
    ),
    "regnet_y_400mf": (
        lambda: regnet("regnet_y", (48, 104, 208, 440), (1, 3, 6, 6), 8), 4_344_144, 0.40,
    ),
    "squeezenet_1_1": (squeezenet_1_1, 1_235_496, 0.35),
}  # fmt: skip
CONV = {"conv": {"channels": 4}}
LAST = {"graph": {"inputs": ["before", "last"], "nodes": {}, "output": "last"}}
SAMPLES = {  # for each block some arguments and what it makes of a map of 4x8x8
    "basic": ({"channels": 12}, [12, 8, 8]),
    "bottleneck": ({"channels": 12, "stride": 2, "base_width": 128}, [12, 4, 4]),
    "convnext": ({"norm": "default", "activation": "default"}, [4, 8, 8]),
    "darts_cell": ({"channels": 3, "stride": 2, "from_4b": "two"}, [[4, 8, 8], [12, 4, 4]]),
    "darts_operation": ({"operation": "dil_conv_5x5", "stride": 2}, [4, 4, 4]),
    "dense_block": ({"depth": 3, "growth": 5}, [19, 8, 8]),
    "factorized_reduce": ({"channels": 5}, [5, 4, 4]),
    "fire": ({"channels": 12}, [12, 8, 8]),
    "fused_mbconv": ({"channels": 12, "stride": 2}, [12, 4, 4]),
    "inception": ({"channels": 12}, [12, 8, 8]),
    "inception_a": ({"width": 0.25, "pool": 8}, [64, 8, 8]),
    "inception_b": ({"width": 0.25}, [124, 3, 3]),
    "inception_c": ({"width": 0.25}, [192, 8, 8]),
    "inception_d": ({"width": 0.25}, [132, 3, 3]),
    "inception_e": ({"width": 0.25}, [512, 8, 8]),
    "mbconv": ({"channels": 12}, [12, 8, 8]),
    "nasbench201_cell": ({"op_01": ["zero"], "op_12": [CONV], "op_23": []}, [4, 8, 8]),
    "regnet_x": ({"channels": 16, "stride": 2}, [16, 4, 4]),
    "regnet_y": ({"channels": 16}, [16, 8, 8]),
    "res2net": ({"channels": 12, "width": 3}, [12, 8, 8]),
    "sep_conv": ({"channels": 12}, [12, 8, 8]),
    "shuffle_unit": ({"channels": 12, "stride": 2}, [12, 4, 4]),
    "transition": ({}, [2, 4, 4]),
}


def test_every_block_has_a_sample():
    assert sorted(SAMPLES) == sorted(BLOCKS)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_networks_have_their_published_size(name):
    made, params, macs = PUBLISHED[name]
    counts = cost(made())
    assert (counts.params, round(counts.macs / 1e9, 2)) == (params, macs)


def test_a_resnet_50_is_50_layers_deep():
    summed = totals(table(resnet()))
    assert (summed["depth"], summed["receptive_field"]) == (50, [427 + 6 * 32] * 2)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_block_keeps_its_name_and_takes_the_defaults(name):
    arguments, out = SAMPLES[name]
    pair = isinstance(out[0], list)
    layers = [{name: arguments}, *([LAST] if pair else []), *HEAD]
    found = elaborated(layers, (4, 8, 8), norm="batch", activation="mish")
    row = table(found)[0]
    assert (row["kind"], row["name"], row["out_shape"]) == ("group", name, out)
    made = build(found)[0](torch.randn(2, 4, 8, 8))
    shapes = [list(x.shape[1:]) for x in made] if pair else list(made.shape[1:])
    assert shapes == out
    written = str(found.layers[0].to_json())
    assert "mish" in written
    assert "batch" in written


def test_a_darts_cell_takes_the_outputs_of_the_two_before_it():
    cell = {"darts_cell": {"channels": 3}}
    reduction = {"darts_cell": {"channels": 6, "stride": 2, "op_4b": "skip_connect"}}
    stem = {"conv": {"channels": 5}}
    found = elaborated([stem, cell, reduction, cell, LAST, *HEAD], (4, 8, 8), norm="batch")
    assert [row["out_shape"] for row in table(found)[1:5]] == [
        [[5, 8, 8], [12, 8, 8]], [[12, 8, 8], [24, 4, 4]], [[24, 4, 4], [12, 4, 4]], [12, 4, 4],
    ]  # fmt: skip
    names = ("skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5",
             "max_pool_3x3", "avg_pool_3x3")  # fmt: skip
    costs = [
        cost(elaborated([{"darts_operation": {"operation": name}}, *HEAD], (4, 8, 8))).macs
        - cost(elaborated(HEAD, (4, 8, 8))).macs
        for name in names
    ]
    weights = [0, 2 * (9 + 4), 2 * (25 + 4), 9 + 4, 25 + 4, 0, 0]
    assert costs == [4 * 64 * macs for macs in weights]


def test_an_operation_that_darts_does_not_have_is_named():
    document = {"architecture": [{"darts_cell": {"channels": 4, "op_3a": "sep_conv"}}]}
    made = elaborate(fill_values(load_space(document, LANGUAGE), {}), (3, 8, 8), 10)
    assert "expected max, avg, lp or blur, got 'sep_conv'" in made.text


def test_a_separable_convolution_costs_what_its_paper_says():
    found = elaborated([{"sep_conv": {"channels": 64}}, *HEAD], (32, 14, 14))
    assert table(found)[0]["macs"] == 14 * 14 * (32 * 9 + 32 * 64)


def test_blocks_drop_their_path():
    for name in ("basic", "bottleneck", "mbconv", "fused_mbconv", "regnet_x", "convnext"):
        found = elaborated([{name: {"channels": 4, "drop_path": 0.25}}, *HEAD], (4, 8, 8))
        assert found.layers[0].layers[0].drop_path == 0.25


def test_a_block_may_name_another_activation_or_leave_it_to_the_defaults():
    for given, expected in (("gelu", "gelu"), ("default", "mish")):
        block = {"mbconv": {"channels": 4, "activation": given, "attention": []}}
        body = elaborated([block, *HEAD], (4, 8, 8), activation="mish").layers[0].layers[0].body
        assert [conv.activation.word for conv in body] == [expected, expected, "none"]
