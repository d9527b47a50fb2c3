"""The rules of the language, one small space each."""

import pytest

from autocnn.api import language
from autocnn.errors import SpaceError
from autocnn.space import (
    Infeasible,
    count,
    elaborate,
    fill,
    fill_values,
    fillings,
    load_space,
    read_candidate,
    sample,
    write_candidate,
)

TAIL = "- global_pool\n- linear: {units: =classes, activation: none}\n"

EXAMPLE = """
study: fashion
data: {source: fashion-mnist, validation: 0.1}
define:
  width: {choice: [16, 32]}
defaults:
  activation: {choice: [relu, silu, gelu]}
  norm: batch
blocks:
  bottleneck:
    parameters: {channels: required, stride: 1, shrink: 4}
    layers:
      - residual:
          body:
            - conv: {channels: "=channels // shrink", kernel: 1}
            - conv: {channels: "=channels // shrink", kernel: 3, stride: =stride}
            - conv: {channels: =channels, kernel: 1, activation: none}
          activation: relu
architecture:
  - conv: {channels: =width, kernel: {choice: [3, 5]}}
  - repeat:
      times: {int: [2, 4]}
      index: stage
      tie: false
      each:
        - choice:
            bottleneck: {channels: "=width * 2 ** (stage + 1)", stride: 2}
            conv: {channels: "=width * 2 ** (stage + 1)", kernel: {choice: [3, 5, 7]}, stride: 2}
        - choice: [[], [{se: {reduction: 4}}]]
  - global_pool: {kind: avg}
  - dropout: {rate: {float: [0.0, 0.5]}}
  - linear: {units: =classes, activation: none}
training:
  optimizer:
    choice:
      sgd: {lr: {float: [0.01, 1.0], log: true}, momentum: 0.9, nesterov: true}
      adamw: {lr: {float: [1e-4, 1e-2], log: true}}
  schedule: {onecycle: {warmup: 0.2}}
  loss: {cross_entropy: {label_smoothing: 0.1}}
  batch_size: {choice: [128, 256]}
  augment: {choice: [none, [hflip, {shift: {pixels: 2}}]]}
  epochs: 12
search: {strategy: default, stopping: default, seed: 0, workers: auto}
budget: {time: 30m}
constraints: {params: {max: 1e6}, macs: {max: 100e6}}
objectives: {val_accuracy: maximize}
"""


def load(text, **options):
    return load_space(text, language(), **options)


def names(text):
    return [hole.name for hole in load(text).holes]


def made(text, values=None, shape=(3, 8, 8), classes=10):
    candidate = elaborate(fill_values(load(text), values or {}), shape, classes)
    assert not isinstance(candidate, Infeasible), candidate
    return candidate


def written(text, values=None, shape=(3, 8, 8)):
    return made(text, values, shape).architecture.to_json()


def test_the_example_of_the_design():
    space = load(EXAMPLE)
    assert space.name == "fashion"
    named = {hole.name: hole for hole in space.holes}
    for name, conditional in {
        "define.width": False,
        "defaults.activation": False,
        "architecture.1.times": False,
        "architecture.1.r0.0": False,
        "architecture.1.r0.0.conv.kernel": True,
        "architecture.1.r3.1": True,
        "training.optimizer": False,
        "training.optimizer.sgd.lr": True,
        "training.augment": False,
    }.items():
        assert named[name].conditional == conditional, name
    assert len(named) == len(space.holes) == 22
    assert named["training.augment"].choices == ("none", "a1")
    assert named["define.width"].choices == (16, 32)
    assert (named["define.width"].line, named["define.width"].column) == (5, 10)
    assert space.sections["budget"].time == 1800
    made = elaborate(sample(space, 1), (1, 28, 28), 10)
    assert made.architecture.layers[-1].units == 10


def test_hole_names_leave_structural_words_out():
    assert names(
        "architecture:\n"
        "- repeat:\n"
        "    times: {int: [1, 2]}\n"
        "    tie: false\n"
        "    each:\n"
        "    - conv: {channels: 8, kernel: {choice: [1, 3]}}\n"
        "    - choice: [[], [{se: {reduction: {choice: [2, 4]}}}]]\n"
        "- residual: {body: [{conv: {channels: {choice: [4, 8]}}}], activation: none}\n"
        "- branches: {paths: [[], [{conv: {channels: {choice: [4, 8]}}}]]}\n"
        "- mbconv: {channels: {choice: [4, 8]}, expand: {choice: [1, 6]}}\n" + TAIL
    ) == [
        "architecture.0.times",
        "architecture.0.r0.0.conv.kernel",
        "architecture.0.r0.1",
        "architecture.0.r0.1.a1.0.se.reduction",
        "architecture.0.r1.0.conv.kernel",
        "architecture.0.r1.1",
        "architecture.0.r1.1.a1.0.se.reduction",
        "architecture.1.residual.0.conv.channels",
        "architecture.2.branches.paths.1.0.conv.channels",
        "architecture.3.mbconv.channels",
        "architecture.3.mbconv.expand",
    ]


def test_tied_repeats_share_one_filling_and_untied_ones_do_not():
    each = "each: [{conv: {channels: {choice: [4, 8]}}}]"
    tied = f"architecture:\n- repeat: {{times: 2, {each}}}\n" + TAIL
    assert names(tied) == ["architecture.0.0.conv.channels"]
    assert names(tied.replace("times", "tie: false, times")) == [
        "architecture.0.r0.0.conv.channels",
        "architecture.0.r1.0.conv.channels",
    ]


def test_times_may_follow_names_and_indices():
    text = (
        "define: {deep: {choice: [1, 3]}}\n"
        "architecture:\n"
        "- repeat: {times: =deep, tie: false, index: stage, each: [\n"
        "    {repeat: {times: =stage + 1, tie: false,\n"
        "              each: [{conv: {channels: {choice: [4, 8]}}}]}}]}\n" + TAIL
    )
    assert len(names(text)) == 1 + (1 + 2 + 3)
    assert count(load(text)) == 2 + 2**6 == len(list(fillings(load(text))))


def test_a_tied_repeat_counts_a_filling_once_for_all_indices():
    text = (
        "architecture:\n"
        "- repeat: {times: {int: [0, 2]}, index: stage, each: [\n"
        "    {repeat: {times: =stage + 1, tie: false,\n"
        "              each: [{conv: {channels: {choice: [4, 8]}}}]}}]}\n" + TAIL
    )
    assert count(load(text)) == 1 + 2 + 4 == len(list(fillings(load(text))))


def test_a_name_that_decides_in_one_block_may_follow_the_shape_in_another():
    text = (
        "blocks:\n"
        "  one: {parameters: {size: 1}, layers: [{repeat: {times: =size, each: [\n"
        "    {conv: {channels: {choice: [4, 8]}}}]}}]}\n"
        "  two: {parameters: {size: =in_channels}, layers: [{conv: {channels: =size}}]}\n"
        "architecture:\n- one: {size: {choice: [0, 1]}}\n- two\n" + TAIL
    )
    assert count(load(text)) == 1 + 2 == len(list(fillings(load(text))))


def test_define_shares_and_aliases_copy():
    shared = "define: {op: [{conv: {channels: {choice: [4, 8]}}}]}\narchitecture: [=op, =op]\n"
    assert names(shared) == ["define.op.0.conv.channels"]
    copied = (
        "architecture:\n- &a {conv: {channels: {choice: [4, 8]}}}\n- *a\n"
        "- conv: {<<: &b {channels: {choice: [4, 8]}}, kernel: 1}\n" + TAIL
    )
    assert names(copied) == [f"architecture.{index}.conv.channels" for index in range(3)]


def test_define_holds_plain_structures():
    text = "define: {pad: [1, 2, 3, 4]}\narchitecture:\n- conv: {channels: 4, padding: =pad}\n"
    assert written(text + TAIL)[0]["conv"]["padding"] == [1, 2, 3, 4]


def test_layer_positions_take_names_lists_and_named_alternatives():
    text = (
        "define: {op: {choice: {conv: {channels: 8}, pool: {}}}}\n"
        "architecture: [=op, {choice: [identity, [flatten]]}, [{linear: {units: 10}}]]\n"
    )
    assert [hole.choices for hole in load(text).holes] == [("conv", "pool"), ("identity", "a1")]
    layers = written(text, {"define.op": "pool", "architecture.1": "a1"})
    assert [next(iter(layer)) for layer in layers] == ["pool", "flatten", "linear"]


def test_defaults_reach_what_takes_them_and_kinds_win():
    text = (
        "defaults: {activation: gelu, norm: batch, bias: false, conv: {kernel: 5},\n"
        "           linear: {activation: tanh}}\n"
        "architecture:\n"
        "- conv: {channels: 4}\n- conv: {channels: 4, activation: silu, kernel: 1}\n"
        "- residual: {body: [{conv: {channels: 8}}]}\n- global_pool\n- linear: {units: =classes}\n"
    )
    first, second, around, _, last = written(text)
    assert (first["conv"]["kernel"], second["conv"]["kernel"]) == (5, 1)
    assert list(first["conv"]["activation"]) == ["gelu"]
    assert list(second["conv"]["activation"]) == ["silu"]
    assert list(first["conv"]["norm"]) == ["batch"]
    assert first["conv"]["bias"] is False
    shortcut = around["residual"]["shortcut"][0]["conv"]
    assert (list(shortcut["norm"]), list(shortcut["activation"])) == (["batch"], ["none"])
    assert list(around["residual"]["body"][0]["conv"]["activation"]) == ["gelu"]
    assert list(last["linear"]["activation"]) == ["tanh"]
    assert list(last["linear"]["norm"]) == ["none"]


def test_the_word_default_is_an_option_as_if_not_written():
    text = (
        "defaults: {activation: gelu}\nblocks:\n  own:\n"
        "    parameters: {kind: default, size: 3}\n    layers:\n"
        "    - conv: {channels: 4, activation: =kind, kernel: =size}\n"
        "    - activation: {kind: =kind}\n"
        "architecture:\n- own\n- own: {kind: silu, size: default}\n"
        "- conv: {channels: 4, activation: {choice: [default, relu]}, stride: default}\n" + TAIL
    )
    first, second, third = written(text, {"architecture.2.conv.activation": "default"})[:3]
    kinds = [list(layer["conv"]["activation"]) for layer in (first["group"]["layers"][0], third)]
    assert kinds == [["gelu"], ["gelu"]]
    assert list(first["group"]["layers"][1]["activation"]["kind"]) == ["gelu"]
    assert second["group"]["layers"][0]["conv"]["kernel"] == 3
    assert list(second["group"]["layers"][1]["activation"]["kind"]) == ["silu"]
    for refused in ("- linear: {units: default}\n", "- conv: {channels: 4, kernel: defaults}\n"):
        with pytest.raises(SpaceError, match="expected"):
            load("architecture:\n" + refused)
    with pytest.raises(SpaceError, match="unknown activation 'default'"):
        load("defaults: {activation: default}\narchitecture:\n" + TAIL)


def test_the_scope_of_a_block_is_its_own():
    text = (
        "define: {wide: 8}\n"
        "blocks:\n"
        "  pair:\n"
        "    parameters: {channels: required, half: '=max(1, in_channels // 2)', rest: []}\n"
        "    layers:\n"
        "    - conv: {channels: =half}\n"
        "    - conv: {channels: '=channels + wide + in_channels'}\n"
        "    - =rest\n"
        "architecture:\n"
        "- pair: {channels: =in_channels, rest: [{conv: {channels: '=in_channels * 2'}}]}\n" + TAIL
    )
    group = written(text, shape=(6, 8, 8))[0]["group"]
    assert group["name"] == "pair"
    assert [layer["conv"]["channels"] for layer in group["layers"]] == [3, 17, 34]
    caller = (
        "blocks: {one: {layers: [{conv: {channels: =stage}}]}}\n"
        "architecture:\n- repeat: {times: 2, index: stage, each: [one]}\n"
    )
    with pytest.raises(SpaceError, match="unknown name 'stage'"):
        load(caller)


OPEN_BLOCK = """
define: {wide: {choice: [4, 8]}}
defaults: {activation: {choice: [relu, silu]}}
blocks:
  pair:
    parameters: {channels: required, deep: {choice: [1, 2]}}
    layers:
    - conv: {channels: =channels, kernel: {choice: [1, 3]}}
    - repeat: {times: {int: [1, 2]}, each: [{conv: {channels: =wide * deep}}]}
architecture:
- repeat:
    times: 3
    tie: false
    each:
    - choice:
        pair: {channels: {choice: [4, 6]}}
        conv: {channels: =wide, kernel: {choice: [1, 3]}}
"""


def test_what_was_made_of_other_fillings_changes_nothing():
    space = load(OPEN_BLOCK + TAIL)
    for seed in range(40):
        values, shape = sample(space, seed).values, (1 + seed % 2, 8, 8)
        fresh = load(OPEN_BLOCK + TAIL)
        candidates = [elaborate(fill_values(one, values), shape, 10) for one in (space, fresh)]
        assert candidates[0] == candidates[1]
        assert not isinstance(candidates[0], Infeasible)


GRAPH = """
define:
  merge: {choice: [add, max]}
blocks:
  cell:
    parameters: {channels: required, first: input, tail: [identity]}
    layers:
      - graph:
          nodes:
            c:
              from:
                - {choice: [input, b]}
                - choice:
                    a: []
                    b: [{conv: {channels: =in_channels, kernel: {choice: [1, 3]}}}]
              merge: =merge
              layers: =tail
            a: {from: =first, layers: [{conv: {channels: =channels}}]}
            b:
              choice:
                - {from: [a, {choice: [[], [a]]}], merge: default}
                - {from: a, layers: [conv: {channels: "=in_channels", kernel: {choice: [3, 5]}}]}
          output: {choice: [[c, a, b], [b, c, a, a]]}
          merge: concat
architecture:
  - cell: {channels: 4, tail: [{pool: {kernel: {choice: [1, 2]}}}]}
  - global_pool
  - linear: {units: =classes, activation: none}
"""


def test_holes_stand_anywhere_in_a_graph():
    space = load(GRAPH)
    cell = "architecture.0.cell.0.graph."
    assert [hole.name.removeprefix(cell) for hole in space.holes] == [
        "define.merge", "architecture.0.cell.tail.0.pool.kernel",
        "nodes.c.from.0", "nodes.c.from.1", "nodes.c.from.1.b.0.conv.kernel",
        "nodes.b", "nodes.b.a0.from.1", "nodes.b.a1.0.conv.kernel", "output",
    ]  # fmt: skip
    assert space.hole(f"{cell}nodes.c.from.0").choices == ("input", "b")
    every = list(fillings(space))
    assert count(space) == len(every) == 2 * 2 * 2 * (1 + 2) * (2 + 2) * 2
    found = [elaborate(filled, (4, 8, 8), 10) for filled in every]
    assert {made.rule for made in found if isinstance(made, Infeasible)} == {"Y25"}
    fine = [made for made in found if not isinstance(made, Infeasible)]
    assert len(fine) == len(every) / 2  # those without the pool of 2
    assert len({made.digest for made in fine}) == len(fine)
    for made in fine:
        assert read_candidate(write_candidate(made), language()) == made
    graph = fine[0].architecture.layers[0].layers[0]
    assert [name for name, _ in graph.nodes] == ["a", "b", "c"]
    assert graph.out_shape((4, 8, 8)) == (12, 8, 8)


def test_the_shape_where_several_maps_come_is_that_of_the_last():
    text = (
        "blocks: {two: {parameters: {rows: =in_height}, layers: [graph: {inputs: [a, b],\n"
        "  nodes: {c: {from: a, layers: [conv: {channels: =rows, stride: =in_height // rows}]},"
        "\n   d: {from: b, layers: [conv: {channels: 5, stride: 2}]}}, output: [b, c, d]}]}}\n"
        "architecture:\n- {graph: {nodes: {d: {from: input, layers: [pool]}},"
        " output: [input, d], merge: none}}\n- two\n"
    )
    made = elaborate(fill(load(text), None), (3, 8, 8), 10)
    shapes = "(3, 4, 4), (4, 4, 4), (5, 2, 2)"
    assert made.text.startswith(f"cannot add paths of different shapes: {shapes} (in block")
    assert made.shape == ((3, 8, 8), (3, 4, 4))


def test_a_hole_that_decides_on_a_repeat_without_holes_is_counted_at_once():
    names = "".join(f"  n{place}: {{choice: [a, b, c, d, e]}}\n" for place in range(12))
    repeats = "".join(
        f"- repeat: {{times: \"=1 if n{place} == 'b' else 0\", each: [conv: {{channels: 3}}]}}\n"
        for place in range(12)
    )
    assert count(load(f"define:\n{names}architecture:\n{repeats}{TAIL}")) == 5**12


def test_the_shape_inside_a_graph_is_that_of_what_a_node_takes():
    text = (
        "architecture:\n- graph:\n"
        "   nodes:\n"
        "    b: {from: [{a: [conv: {channels: =in_channels * 2}]}, input], merge: concat,\n"
        "        layers: [conv: {channels: =in_channels}]}\n"
        "    a: {from: input, layers: [conv: {channels: =in_channels + 2}]}\n"
        "   output: {b: [conv: {channels: =in_channels // 2}]}\n"
    )
    graph = written(text + TAIL)[0]["graph"]
    way, _ = graph["nodes"]["b"]["from"]
    assert way["a"][0]["conv"]["channels"] == 10
    assert graph["nodes"]["b"]["layers"][0]["conv"]["channels"] == 13
    assert graph["output"][0]["b"][0]["conv"]["channels"] == 6


def test_expressions_of_the_shape_follow_it():
    text = (
        "architecture:\n- conv: {channels: '=in_channels * 2', stride: 2}\n"
        "- conv: {channels: '=in_channels * 2 if in_height > 4 else in_width'}\n"
        "- residual: {body: [{conv: {channels: '=in_channels * 3'}},\n"
        "                    {conv: {channels: '=in_channels'}}]}\n- global_pool\n"
        "- linear: {units: '=in_channels * in_height'}\n- linear: {units: =classes}\n"
    )
    layers = written(text)
    assert [layer["conv"]["channels"] for layer in layers[:2]] == [6, 4]
    assert [layer["conv"]["channels"] for layer in layers[2]["residual"]["body"]] == [12, 12]
    assert layers[4]["linear"]["units"] == 12


def test_a_fault_inside_a_block_stands_at_its_use():
    text = (
        "architecture:\n- basic: {channels: 8}\n- basic: {channels: =in_channels // 16}\n" + TAIL
    )
    made = elaborate(fill(load(text), None), (3, 8, 8), 10)
    assert isinstance(made, Infeasible)
    assert (made.line, made.column, made.shape) == (3, 3, (8, 8, 8))
    assert made.path == "architecture.1.basic.0.residual.0.conv.channels"
    assert "got 0 (in block 'basic', block basic:7:" in made.text


def test_layers_pass_through_parameters():
    text = (
        "defaults: {norm: batch}\n"
        "blocks:\n"
        "  around:\n"
        "    parameters: {inner: required, short: [identity]}\n"
        "    layers: [{residual: {body: =inner, shortcut: =short}}]\n"
        "  twice: {parameters: {inner: required}, layers: [{around: {inner: =inner}}]}\n"
        "architecture:\n"
        "- twice: {inner: [{conv: {channels: =in_channels, kernel: {choice: [1, 3]}}}]}\n"
        "- around: {inner: {choice: [[], [pool]]}, short: [{pool: {kernel: {int: [1, 2]}}}]}\n"
    )
    assert names(text + TAIL) == [
        "architecture.0.twice.inner.0.conv.kernel",
        "architecture.1.around.inner",
        "architecture.1.around.short.0.pool.kernel",
    ]
    values = dict.fromkeys(names(text + TAIL)) | {
        "architecture.0.twice.inner.0.conv.kernel": 3,
        "architecture.1.around.inner": "a1",
        "architecture.1.around.short.0.pool.kernel": 2,
    }
    conv = written(text + TAIL, values)[0]["group"]["layers"][0]["group"]["layers"][0]["residual"]
    assert list(conv["body"][0]["conv"]["norm"]) == ["batch"]
    plain = text.replace("short: [identity]", "short: auto")
    made = elaborate(sample(load(plain + TAIL), 1), (3, 8, 8), 10)
    assert isinstance(made, Infeasible)
    assert "give the name layers as default" in made.text


def test_the_name_of_a_study_defaults_to_the_file(tmp_path):
    file = tmp_path / "my space (1).yaml"
    file.write_text("architecture: [flatten]\n")
    assert load(file).name == "my space -1-"
    assert load("architecture: [flatten]\n").name == "study"


def test_own_blocks_hide_shipped_ones():
    text = "blocks: {basic: {layers: [flatten]}}\narchitecture: [basic, {linear: {units: 10}}]\n"
    assert [next(iter(layer)) for layer in written(text)[0]["group"]["layers"]] == ["flatten"]


def test_the_output_must_fit_the_classes():
    made = elaborate(fill(load("architecture: [flatten]\n"), None), (1, 2, 2), 10)
    assert isinstance(made, Infeasible)
    assert "got (4,)" in made.text


def test_overrides_reach_every_key():
    space = load(
        EXAMPLE,
        overrides=[
            "budget.time=10m",
            "architecture.1.repeat.times=3",
            "training.optimizer={adam: {lr: 1e-3}}",
            "define.width=8",
            "study=other",
            "search.finals.share=0.2",
        ],
    )
    assert (space.name, space.sections["budget"].time) == ("other", 600)
    assert not {"define.width", "architecture.1.times"} & {hole.name for hole in space.holes}
    assert load(space.text).digest == space.digest


def test_what_may_change_between_runs_is_no_part_of_the_identity():
    same = load(
        EXAMPLE, overrides=["budget.time=1h", "study=b", "search.workers=1", "data.validation=0.1"]
    )
    assert same.digest == load(EXAMPLE).digest
    assert load(EXAMPLE, overrides=["search.seed=1"]).digest != same.digest


def test_a_candidate_leaves_nothing_open():
    with pytest.raises(SpaceError) as caught:
        read_candidate(EXAMPLE, language(), (1, 28, 28), 10)
    assert len(caught.value.problems) == 22
    assert "this hole is open" in str(caught.value)
    with pytest.raises(SpaceError, match="a candidate needs"):
        read_candidate("architecture:\n" + TAIL, language())
    with pytest.raises(SpaceError, match=r"2:3 architecture.0.pool"):
        read_candidate("architecture:\n- pool: {kernel: 9}\n" + TAIL, language(), (1, 8, 8), 10)


def test_a_written_candidate_reads_back(tmp_path):
    candidate = made("architecture:\n- basic: {channels: 8}\n" + TAIL)
    file = tmp_path / "best.yaml"
    file.write_text(write_candidate(candidate))
    assert read_candidate(file, language()) == candidate


@pytest.mark.parametrize(
    ("value", "said"), [(7, "one of 16, 32, got 7"), (True, "got true"), ("16", "got '16'")]
)
def test_fill_takes_only_what_the_hole_allows(value, said):
    with pytest.raises(SpaceError, match=said):
        fill_values(load(EXAMPLE), {"define.width": value})
    with pytest.raises(SpaceError, match="no value is given"):
        fill_values(load(EXAMPLE), {})


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("=in_channels / (in_height - 8)", "divides by zero"),
        ("=2 ** 200", "too large"),
        ("=10 ** 10 ** 2", "too large"),
        ("=(-8) ** 0.5", "not a real number"),
        ("='a' * 1000", "arithmetic takes numbers, got 'a'"),
        ("=true + 1", "arithmetic takes numbers, got true"),
        ("=max(3)", "has no value"),
        ("=in_channels / 2", "expected a whole number"),
    ],
)
def test_expressions_without_a_value_make_a_filling_infeasible(expression, said):
    text = f'architecture:\n- conv: {{channels: "{expression}"}}\n' + TAIL
    made = elaborate(fill(load(text), None), (3, 8, 8), 10)
    assert isinstance(made, Infeasible)
    assert said in made.text


@pytest.mark.parametrize(
    "expression", ["=lambda: 1", "=[1][0]", "=a.b", "=max(a=1)", "=1 if", "='x' in 'y'", "=1 << 2",
                   "=f'{1}'", "=1e300", "=" + "1+" * 120 + "1", "=" + "(" * 150]
)  # fmt: skip
def test_expressions_hold_nothing_else(expression):
    with pytest.raises(SpaceError):
        load(f'architecture:\n- conv: {{channels: "{expression}"}}\n' + TAIL)
