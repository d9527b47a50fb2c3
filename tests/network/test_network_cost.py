"""Counts and the table of layers against the built module."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from layer_strategies import layers, maps
from torch.utils.flop_counter import FlopCounterMode

from autocnn.network import LAYERS, build, cost, out_shape, table, totals
from autocnn.space.candidate import Architecture
from autocnn.space.layer import ShapeError

RESIDUAL = [
    {"conv": {"channels": 4, "norm": "batch"}},
    {"residual": {"body": [{"conv": {"channels": 8, "stride": 2}}, {"se": {"channels": 2}}]}},
    {"group": {"name": "mix", "layers": [{"branches": {"paths": [
        [], [{"conv": {"channels": 8, "kernel": 5}}, {"conv": {"channels": 8}}]]}}]}},
    "pool",
    "global_pool",
    {"linear": {"units": 10, "activation": "none"}},
]  # fmt: skip


def architecture(shape, *written):
    return Architecture(shape, tuple(LAYERS.parse(layer) for layer in written))


def walk(rows):
    for row in rows:
        yield row
        for part in row["parts"]:
            yield from walk(part["layers"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(maps, st.lists(layers, min_size=1, max_size=5))
def test_counts_are_those_of_the_module(shape, chain):
    found = Architecture(shape, tuple(chain))
    try:
        expected = out_shape(found)
    except ShapeError:
        assume(False)
    counts, rows = cost(found), table(found)
    with torch.device("meta"):
        module = build(found).eval()
        with FlopCounterMode(display=False) as flops:
            assert tuple(module(torch.zeros(1, *shape)).shape[1:]) == expected
    assert counts.params == sum(parameter.numel() for parameter in module.parameters())
    assert counts.macs * 2 == flops.get_total_flops()
    summed = totals(rows)
    assert (summed["params"], summed["macs"], summed["activations"]) == (
        counts.params, counts.macs, counts.activations,
    )  # fmt: skip
    assert json.loads(json.dumps(rows)) == rows
    for row in walk(rows):
        inside = module.get_submodule(row["path"])
        assert row["params"] == sum(parameter.numel() for parameter in inside.parameters())


def test_the_table_names_what_is_inside():
    rows = table(architecture((1, 8, 8), *RESIDUAL))
    assert [row["path"] for row in walk(rows)] == [
        "conv_0", "residual_1", "residual_1.body.conv_0", "residual_1.body.se_1",
        "residual_1.shortcut.conv_0", "mix_2", "mix_2.branches_0",
        "mix_2.branches_0.paths.1.conv_0",
        "mix_2.branches_0.paths.1.conv_1", "pool_3", "global_pool_4", "linear_5",
    ]  # fmt: skip
    first = rows[0]
    assert first == {
        "kind": "conv", "name": "", "path": "conv_0", "in_shape": [1, 8, 8],
        "out_shape": [4, 8, 8],
        "params": 4 * 9 + 8, "macs": 4 * 9 * 64, "activations": 256, "depth": 1, "field": [3, 3],
        "parts": [],
        "options": {
            "channels": 4, "kernel": 3, "stride": 1, "padding": "same", "dilation": 1, "groups": 1,
            "bias": "auto", "norm": {"batch": {"eps": 1e-5, "affine": True, "momentum": 0.1}},
            "activation": {"relu": {}}, "order": "conv-norm-act", "init": "torch",
        },
    }  # fmt: skip
    assert rows[2]["name"] == "mix"
    assert [part["name"] for part in rows[1]["parts"]] == ["body", "shortcut"]
    assert [part["name"] for part in rows[2]["parts"][0]["layers"][0]["parts"]] == [
        "paths.0", "paths.1",
    ]  # fmt: skip
    assert "body" not in rows[1]["options"]
    assert [row["depth"] for row in rows] == [1, 1, 2, 0, 0, 1]
    assert totals(rows)["depth"] == 5
    assert totals([]) == {
        "params": 0, "macs": 0, "activations": 0, "depth": 0, "receptive_field": [1, 1],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ([{"conv": {"channels": 1, "kernel": [3, 1], "dilation": [2, 1]}}], (5, 1)),
        ([{"conv": {"channels": 1, "stride": 2}},
          {"conv": {"channels": 1, "kernel": 5}}], (11, 11)),
        ([{"pool": {"kernel": 2}}] * 3, (8, 8)),
        ([{"residual": {"body": [{"conv": {"channels": 1, "kernel": 5}}]}}], (5, 5)),
        ([{"branches": {"paths": [[{"conv": {"channels": 1, "kernel": [1, 7]}}],
                                  [{"conv": {"channels": 1, "kernel": [5, 1]}}]]}}], (5, 7)),
        ([{"adaptive_pool": {"size": [3, 11]}}, {"conv": {"channels": 1}}], (33, 9)),
        ([{"resize": {"size": 11}}, {"conv": {"channels": 1}}], (7, 7)),
        ([{"resize": {"scale": 2}}, {"conv": {"channels": 1}}], (2, 2)),
        ([{"resize": {"scale": 3, "mode": "bilinear"}}, {"pool": {"kernel": 3, "kind": "avg"}},
          {"conv": {"channels": 1}}], (5, 5)),
        ([{"resize": {"scale": 2, "mode": "bicubic"}}], (4, 4)),
        ([{"resize": {"size": 11, "mode": "area"}}, {"conv": {"channels": 1}}], (9, 9)),
        ([{"graph": {"nodes": {
            "down": {"from": "input", "layers": [{"pool": {"kernel": 3, "kind": "avg"}}]},
            "up": {"from": "down", "layers": [{"resize": {"size": 33}}]},
            "wide": {"from": ["up", {"input": [{"conv": {"channels": 1, "kernel": [9, 1]}}]}]},
        }, "output": "wide"}}, {"conv": {"channels": 1}}], (11, 5)),
        ([{"graph": {"nodes": {"down": {"from": "input", "layers": [
            {"conv": {"channels": 1, "stride": 2}}]}},
           "output": ["input", "down"], "merge": "none"}},
          {"graph": {"inputs": ["a", "b"], "nodes": {"a2": {"from": "a", "layers": [
            {"conv": {"channels": 1, "kernel": 1, "stride": 2}}]}},
           "output": ["a2", "b"]}}, {"conv": {"channels": 1}}], (7, 7)),
        ([{"spatial_attention": {"kernel": 5, "norm": "none"}}], (5, 5)),
    ],
)  # fmt: skip
def test_the_receptive_field_is_where_the_gradient_reaches(written, field):
    found = architecture((1, 33, 33), *written)
    module = build(found)
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, 0.1)
    image = torch.ones(1, 1, 33, 33, requires_grad=True)
    out = module(image)
    out[0, :, out.shape[2] // 2, out.shape[3] // 2].sum().backward()
    reached = image.grad[0, 0] != 0
    rows, columns = reached.any(1).nonzero(), reached.any(0).nonzero()
    seen = (int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1)
    if "pool" not in str(written):  # max pooling passes the gradient to one value of a window
        assert seen == field
    assert totals(table(found))["receptive_field"] == list(field)


def test_the_table_of_a_graph_says_what_its_nodes_take():
    conv = {"conv": {"channels": 2}}
    nodes = {"b": {"from": ["a", {"input": [conv]}]}, "a": {"from": "input", "layers": [conv] * 2}}
    graph = {"nodes": nodes, "output": ["b", {"a": ["pool"]}], "merge": "concat"}
    with pytest.raises(ShapeError, match="output: cannot concat"):
        table(architecture((1, 8, 8), {"graph": graph}))
    graph["output"][1] = {"a": ["identity"]}
    (row,) = table(architecture((1, 8, 8), {"graph": graph}))
    assert [part["name"] for part in row["parts"]] == [
        "nodes.node_a", "edges.b_1", "nodes.node_b", "edges.output_1",
    ]  # fmt: skip
    assert [inner["path"] for inner in walk([row])][1:] == [
        "graph_0.nodes.node_a.conv_0", "graph_0.nodes.node_a.conv_1", "graph_0.edges.b_1.conv_0",
        "graph_0.edges.output_1.identity_0",
    ]  # fmt: skip
    assert (row["depth"], row["out_shape"], row["field"]) == (2, [4, 8, 8], [5, 5])
    assert row["options"] == {
        "inputs": [],
        "nodes": {
            "a": {"from": ["input"], "merge": "add", "layers": []},
            "b": {"from": ["a", "input"], "merge": "add", "layers": []},
        },
        "output": ["b", "a"],
        "merge": "concat",
    }


def test_global_pooling_sees_the_whole_map():
    for last in ("global_pool", "flatten"):
        rows = table(architecture((1, 16, 12), "pool", last))
        assert rows[-1]["field"] == [16, 12]


def test_shapes_costs_and_tables_need_no_torch():
    program = f"""
import sys
from autocnn.network import BLOCKS, LAYERS, cost, out_shape, table, totals
from autocnn.space.candidate import Architecture
found = Architecture((1, 8, 8), tuple(LAYERS.parse(layer) for layer in {RESIDUAL!r}))
assert out_shape(found) == (10,) and cost(found).params and totals(table(found))["macs"]
assert all(text for text in BLOCKS.values())
assert not {{"torch", "numpy"}} & set(sys.modules), "imported a heavy library"
"""
    subprocess.run([sys.executable, "-c", program], check=True)
