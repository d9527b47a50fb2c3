"""Every row of the catalogue of bad spaces (Y01 to Y38) that a document alone can show."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from autocnn.api import language
from autocnn.errors import SpaceError
from autocnn.network import cost
from autocnn.space import Infeasible, check, difference, elaborate, fill, load_space
from autocnn.space.composer import compose
from autocnn.space.source import read_source

HEAD = "architecture:\n- global_pool\n- linear: {units: =classes, activation: none}\n"
BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n"
    for old, new in ("ab", "bc", "cd", "de", "ef")
)


def layers(*lines):
    return "architecture:\n" + "".join(f"- {line}\n" for line in lines)


def graph(nodes, output="a"):
    return f"architecture:\n- graph:\n   nodes:\n    {nodes}\n   output: {output}\n"


# rule, text, line and column of the first problem, what it says, how many problems with that rule
ROWS = [
    ("Y01", "# nothing\n# at all\n", (0, 0), "empty", 1),
    ("Y01", "study: a\ndata: {}\n", (1, 1), "'architecture' is missing", 1),
    ("Y02", HEAD + "---\na: 1\n", (4, 1), "second document.* the first starts at 1:1", 1),
    ("Y03", HEAD + "study: a\nstudy: b\n", (5, 1), "'study' stands twice; first on line 4", 1),
    ("Y05", layers("pool: {ceil: on}"), (2, 16), "expected true or false, got 'on'", 1),
    ("Y05", layers("repeat: {times: 1, tie: no, each: []}"), (2, 27), "write true or false", 1),
    ("Y07", layers("conv: {channels: 8, kernal: 3}"), (2, 23), "did you mean 'kernel'", 1),
    ("Y07", layers("cnv: {channels: 8}"), (2, 3), "unknown layer 'cnv'.*'conv'.*known: ", 1),
    ("Y07", HEAD + "trainng: {}\n", (4, 1), "did you mean 'training'", 1),
    ("Y07", HEAD + "training: {optimizer: {sgdd: {}}}\n", (4, 24), "did you mean 'sgd'", 1),
    ("Y07", "defaults: {norm: bach}\n" + HEAD, (1, 18), "unknown norm 'bach'.*'batch'", 1),
    ("Y08", "architecture: three\n", (1, 15), "expected a list of layers, got 'three'", 1),
    ("Y08", layers("conv: {channels: [1, 2, 3]}"), (2, 20), "expected a whole number from 1", 1),
    ("Y08", layers("conv: {channels: 8, norm: {batch: {eps: a}}}"), (2, 43), "number above 0", 1),
    ("Y08", layers("{conv: {channels: 8}, pool: {}}"), (2, 25), "expected one layer", 1),
    ("Y08", layers("conv: {channels: =max(4, 8)}"), (2, 20), "quote it", 1),
    ("Y08", layers("conv: {channels: '=1 +'}"), (2, 20), "is not an expression", 1),
    ("Y08", layers("conv: {channels: \"=open('x')\"}"), (2, 20), "calls something else", 1),
    ("Y08", layers("conv: {kernel: 3}"), (2, 9), "channels is required", 1),
    ("Y08", layers("branches: none"), (2, 13), "expected a mapping of options, got 'none'", 1),
    ("Y08", layers("mbconv: {kernel: 3}"), (2, 3), "the block 'mbconv' needs it", 1),
    ("Y08", HEAD + "budget: {trials: {int: [1, 2]}}\n", (4, 18), "a hole cannot stand here", 1),
    ("Y08", HEAD + "format: 2\n", (4, 9), "made by another version", 1),
    ("Y09", "1: a\nnull: b\n" + HEAD, (1, 1), "expected a word as key, got 1", 2),
    ("Y10", BOMB + HEAD, (5, 29), "more than 100,000 nodes", 1),
    ("Y11", "a: &a [*a]\n" + HEAD, (1, 8), "recursive alias", 1),
    ("Y12", "a: " + "[" * 500 + "]" * 500 + "\n", (1, 68), "nested deeper", 1),
    ("Y13", "a: " + "x" * 1_000_001 + "\n", (0, 0), "larger than 1,000,000", 1),
    ("Y14", "a: !!python/object:os.system x\n" + HEAD, (1, 4), "tags are not allowed", 1),
    ("Y14", "a: !own x\n" + HEAD, (1, 4), "tags are not allowed, got '!own'", 1),
    ("Y14", "%YAML 1.1\n---\n" + HEAD, (1, 1), "directives", 1),
    ("Y15", "a: {<<: 3}\n" + HEAD, (1, 9), "a merge key takes a mapping", 1),
    ("Y16", 'a: "\\ud800"\n', (1, 7), "no Unicode character", 1),
    ("Y16", 'a: "\\0"\n', (1, 4), "U\\+0000", 1),
    ("Y16", "ä: \x01\n", (1, 4), "U\\+0001 at byte 4", 1),
    ("Y17", "architecture:\n\t- conv\n", (2, 1), "use spaces", 1),
    ("Y19", HEAD + "training: {clip: .nan}\n", (4, 18), "finite number, got .nan", 1),
    ("Y19", HEAD + "training: {clip: -.inf}\n", (4, 18), "finite number", 1),
    ("Y19", HEAD + "training: {clip: 1e400}\n", (4, 18), "too large", 1),
    ("Y19", HEAD + f"training: {{epochs: {'9' * 30}}}\n", (4, 20), "64 bits", 1),
    ("Y19", HEAD + "training: {optimizer: {sgd: {lr: .nan}}}\n", (4, 34), "got .nan", 1),
    ("Y20", "define: {a: {int: [3, 1]}}\n" + HEAD, (1, 19), r"got \[3, 1\]", 1),
    ("Y20", "define: {a: {float: [0, 1], log: true}}\n" + HEAD, (1, 21), "low=0.0", 1),
    ("Y20", "define: {a: {int: [1, 4], step: 2}}\n" + HEAD, (1, 19), "step=2 for", 1),
    ("Y20", "define: {a: {int: [1, 4], step: 0}}\n" + HEAD, (1, 33), "got 0", 1),
    ("Y21", "define: {a: {choice: []}}\n" + HEAD, (1, 22), "got an empty list", 1),
    ("Y21", "define: {a: {choice: [1, 2, 1]}}\n" + HEAD, (1, 29), "1 is an alternative twice", 1),
    ("Y22", HEAD + "training: {epochs: {choice: {a: 1}}}\n", (4, 30), "becomes {a: ...}", 1),
    ("Y23", layers("conv: {channels: -4, kernel: 0, stride: {choice: [1, 0]}}"), (2, 20), "-4", 3),
    ("Y23", layers("linear: {units: {int: [0, 3]}}"), (2, 25), "got 0", 1),
    ("Y23", layers("basic: {channels: {choice: [-1, 8]}}"), (2, 31), "block basic:", 1),
    ("Y23", HEAD + "training: {epochs: 0, batch_size: 0, patience: -1}\n", (4, 20), "got 0", 3),
    ("Y23", layers("repeat: {times: {int: [0, 1e6]}, each: []}"), (2, 25), "0 to 256", 1),
    ("Y28", "define: {a: =b, b: =a}\n" + HEAD, (1, 13), "'b' is defined later", 1),
    ("Y28", "blocks: {x: {layers: [y]}, y: {layers: [x]}}\n" + HEAD, (1, 41), "x -> y -> x", 1),
    ("Y28", layers("conv: {channels: =widht}"), (2, 20), "unknown name 'widht'", 1),
    ("Y28", layers("repeat: {times: =classes, each: []}"), (2, 19), "not on shapes", 1),
    ("Y28", layers("repeat: {times: =in_height, each: []}"), (2, 19), "a layer's options only", 1),
    ("Y28", graph("a: {from: inptu}"), (4, 15), "'inptu'.*did you mean 'input'.*: input, a$", 1),
    ("Y28", graph("a: {from: [input, {choice: [input, b]}]}"), (4, 40), "unknown node 'b'", 1),
    ("Y28", graph("a: {from: {b: []}}\n    b: {from: a}"), (4, 5), "a -> b -> a", 1),
    ("Y28", graph("a: {from: a}"), (4, 5), "cannot wait for each other: a -> a", 1),
    ("Y28", graph("a: {from: input}\n    b: {from: a}"), (5, 5), "'b' leads nowhere", 1),
    ("Y28", graph("a: {from: [=in_channels]}"), (4, 16), "a layer's options only", 1),
    ("Y28", graph("a: {from: input}\n   inputs: [x, y]"), (4, 15), "'input'.*known: x, y, a$", 1),
    ("Y29", graph("a: {from: x}\n   inputs: [x, a]"), (5, 12), "'a' is the name of another", 1),
    ("Y29", graph("a: {from: x}\n   inputs: [x, X]"), (5, 12), "small letters.*, got 'X'", 1),
    ("Y08", graph("a: {from: x}\n   inputs: [x, {choice: [y, z]}]"), (5, 16), "a hole cannot", 1),
    ("Y08", layers("residual: [conv: {channels: 8}]"), (2, 13), r"write {body: \[", 1),
    ("Y08", layers("repeat: [pool]"), (2, 11), r"expected options, got a list; write {each", 1),
    ("Y08", layers("dropout: 0.5"), (2, 12), r"got 0.5; write {rate: 0.5}", 1),
    ("Y08", layers("pool: 2"), (2, 9), r"got 2; write {kernel: 2}", 1),
    ("Y08", layers("conv: {channels: [8, 16]}"), (2, 20), r"write {choice: \[8, 16\]}", 1),
    ("Y08", layers("conv: {channels: {range: [8, 9]}}"), (2, 20), r"a hole is {choice: ", 1),
    ("Y08", HEAD + "training: {augment: hflip}\n", (4, 21), r"got 'hflip'; write \[hflip\]", 1),
    ("Y07", layers("relu"), (2, 3), "'relu'; write {activation: {kind: relu}}", 1),
    ("Y07", layers("BatchNorm2d"), (2, 3), "did you mean 'norm'", 1),
    ("Y07", layers("Dense: 10"), (2, 3), "did you mean 'linear'", 1),
    ("Y07", HEAD + "training: {optimizer: {adma: {}}}\n", (4, 24), "did you mean 'adam'", 1),
    ("Y07", HEAD + "training: {optimizer: {SGD: {}}}\n", (4, 24), "did you mean 'sgd'", 1),
    ("Y08", layers("conv: [8]"), (2, 9), "expected a mapping of options, got a list of 1", 1),
    ("Y09", layers("conv: {channels: {choice: 8, 16}}"), (2, 32), r"in brackets: \[1, 2\]", 1),
    ("Y08", graph("a: {merge: add}"), (4, 5), "'from' is missing", 1),
    ("Y08", graph("a: {from: 3}"), (4, 15), "expected the name of a node .*, got 3", 1),
    ("Y08", graph("a: [input]"), (4, 8), "expected a node, .*, got a list", 1),
    ("Y08", graph("a: {from: input, merge: sum}"), (4, 29), "expected add, .*, got 'sum'", 1),
    ("Y08", layers("graph: {nodes: [a], output: a}"), (2, 18), "mapping of nodes, got a list", 1),
    ("Y08", layers("graph: {nodes: {a: {from: input}}}"), (2, 10), "'output' is missing", 1),
    ("Y07", graph("a: {fron: input, from: input}"), (4, 9), "did you mean 'from'", 1),
    ("Y07", graph("a: {from: {input: [pol]}}"), (4, 24), "unknown layer 'pol'.*'pool'", 1),
    ("Y29", graph("A: {from: input}"), (4, 5), "small letters.*, got 'A'", 1),
    ("Y29", graph("a: {from: input}\n    output: {from: a}"), (5, 5), "another name", 1),
    ("Y29", "define: {a: 1}\nblocks: {b: {parameters: {a: 1}, layers: []}}\n" + HEAD, (2, 27),
     "already a define here, at 1:10", 1),
    ("Y29", "blocks: {conv: {layers: []}}\n" + HEAD, (1, 10), "'conv' is a layer", 1),
    ("Y29", "define: {classes: 3}\n" + HEAD, (1, 10), "a word of the language", 1),
    ("Y29", "define: {a: [conv: {channels: 8}]}\n" + layers("=a", "conv: {channels: =a}"), (4, 20),
     "'a' holds layers", 1),
    ("Y30", HEAD + "data: {shape: [2, 0, 5000], classes: 0}\n", (4, 15), "1, 3 or 4", 2),
    ("Y30", HEAD + "data: {shape: [1, 8, 8], classes: 1}\n", (4, 7), "must be 2 or more", 1),
    ("Y30", HEAD + "data: {size: 5000, channels: 2}\n", (4, 14), "from 2 to 4096", 2),
    ("Y31", layers("repeat: {times: 99, each: [repeat: {times: 199, each: [zero]}]}"), (2, 30),
     "more than 2,000 layers", 1),
    ("Y32", layers("dropout: {rate: 1.0}"), (2, 19), "below 1, got 1.0", 1),
    ("Y32", HEAD + "training: {optimizer: {sgd: {lr: 0}}}\n", (4, 34), "above 0", 1),
    ("Y33", HEAD + "search: {stopping: ashaa, seed: 1.5}\n", (4, 20), "did you mean 'asha'", 2),
    ("Y33", HEAD + "search: {strategy: tpee, seed: -1}\n", (4, 20), "did you mean 'tpe'", 2),
    ("Y33", HEAD + "search: {seed: 4294967296}\n", (4, 16), "4294967295, got 4294967296", 1),
    ("Y34", HEAD + "objectives: {val_accuracy: minimize}\n", (4, 28), "expected maximize", 1),
    ("Y34", HEAD + "objectives: {val_loss: maximize}\n", (4, 24), "expected minimize", 1),
    ("Y34", HEAD + "objectives: {params: minimize}\n", (4, 13), "learns nothing; add a metric", 1),
    (
        "Y34",
        HEAD + "objectives: {val_kappa: maximize, val_auroc: maximize}\n",
        (4, 13),
        "of val_kappa and val_auroc only one is measured beside val_loss and val_accuracy",
        1,
    ),
    ("Y38", HEAD + "study: a/b\n", (4, 8), "got 'a/b'", 1),
    ("Y38", HEAD + "study: ''\n", (4, 8), "got ''", 1),
    ("Y38", HEAD + 'study: "a\\eb"\n', (4, 8), "1 to 200 letters", 1),
    ("Y38", HEAD + f"study: {'x' * 201}\n", (4, 8), "1 to 200 letters", 1),
    ("yaml", "a: [1, 2\nb: 3\n", (2, 2), "did not find expected .* starts on line 1", 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "text", "place", "said", "number"),
    ROWS,
    ids=[f"{row[0]}-{index}" for index, row in enumerate(ROWS)],
)
def test_row(rule, text, place, said, number):
    with pytest.raises(SpaceError) as caught:
        load_space(text, language())
    found = [problem for problem in caught.value.problems if problem.rule == rule]
    assert len(found) == number, caught.value.problems
    assert (found[0].line, found[0].column) == place
    assert re.search(said, found[0].text), found[0].text
    assert str(found[0]).endswith(f"[{rule}]")


def test_all_problems_of_a_file_come_at_once_in_its_order():
    text = layers("cnv", "conv: {chanels: 8}", "=nothing") + "training: {epochs: 0}\nbudgt: {}\n"
    with pytest.raises(SpaceError) as caught:
        load_space(text, language())
    places = [(problem.line, problem.column) for problem in caught.value.problems]
    assert [line for line, _ in places] == [2, 3, 4, 5, 6]
    assert places == sorted(places)


def test_y04_y06_scalars_of_yaml_1_2():
    text = "[1e-3, 010, 1_000, 1:30, 2020-01-01, on, 0x1F, 0o17, true, ~, .5, 1e6, '1']"
    values = [node.value for node in compose(text).items]
    expected = [1e-3, 10, "1_000", "1:30", "2020-01-01", "on", 31, 15, True, None, 0.5, 1e6, "1"]
    assert list(map(repr, values)) == list(map(repr, expected))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: \xff\n", "byte 3 is not UTF-8"),
        (b"a: 1\0\n", "byte 4 is NUL"),
        ("a: 1\n".encode("utf-16"), "UTF-16 byte order mark"),
        (b"\xef\xbb\xbfa: 1\n", "UTF-8 byte order mark"),
    ],
)
def test_y16_bytes(tmp_path, content, said):
    file = tmp_path / "space.yaml"
    file.write_bytes(content)
    with pytest.raises(SpaceError, match=said):
        read_source(file)


def test_y18_only_regular_files(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for name in (".", "missing.yaml", "fifo"):
        with pytest.raises(SpaceError, match=r"\[Y18\]"):
            load_space(tmp_path / name, language())
    with pytest.raises(SpaceError, match="regular file"):
        load_space("/dev/zero", language())


def test_y21_one_choice_is_a_constant_with_a_note():
    space = load_space(layers("conv: {channels: {choice: [8]}}"), language())
    assert not space.holes
    assert "a choice of one is a constant" in space.notes[0]


def test_y21_values_equal_in_python_are_told_apart():
    space = load_space("define: {a: {choice: [1, 1.0, true]}}\n" + HEAD, language())
    assert space.holes[0].choices == ("1", "1.0", "true")


IMPOSSIBLE = [
    ("Y24", "conv: {channels: 8, kernel: 2}", None),
    ("Y25", "pool: {kernel: 2, padding: 2}", "padding"),
    ("Y25", "conv: {channels: 8, groups: 3}", "groups"),
    ("Y25", "conv: {channels: 8, norm: {group: {groups: 3}}}", "8 % 3"),
    ("Y25", "conv: {channels: 8, kernel: 5, dilation: 3, padding: valid}", ""),
    ("Y25", "conv: {channels: '=in_channels // 64'}", "got 0"),
]


@pytest.mark.parametrize(
    ("rule", "nodes", "output", "place", "path", "said"),
    [
        ("Y25", "a: {from: [input, {input: [pool]}]}", "a", (4, 5), "nodes.a",
         "cannot add paths of different shapes: (3, 8, 8), (3, 4, 4)"),
        ("Y25", "a: {from: {input: [{pool: {kernel: 9}}]}}", "a", (4, 25),
         "nodes.a.from.input.0.pool", "pooling 9x9 leaves nothing of the 8x8 map"),
        ("Y25", "a: {from: input, layers: [pool]}", "[a, input]", (5, 12), "output",
         "cannot add paths of different shapes: (3, 4, 4), (3, 8, 8)"),
        ("Y28", "a: {from: \"='b' if classes > 3 else 'input'\"}", "a", (4, 5), "nodes.a",
         "unknown node 'b'; known: input, a"),
        ("Y28", "a: {from: \"='a' if classes > 3 else 'input'\"}", "a", (4, 5), "nodes.a",
         "nodes cannot wait for each other: a -> a"),
        ("Y28", "a: {from: input}\n    b: {from: input}", "\"='a' if true else 'b'\"", (5, 5),
         "nodes.b", "the node 'b' leads nowhere: no way goes on to the output"),
        ("Y08", "a: {from: \"=classes\"}", "a", (4, 15), "nodes.a.from",
         "expected the name of a node, got 10"),
        ("Y08", "a: {from: []}", "a", (4, 5), "nodes.a",
         "'a' takes nothing: expected one node or the input at least"),
        ("Y08", "a: {from: input, merge: \"='sum' if true else 'add'\"}", "a", (4, 5),
         "nodes.a.merge", "expected add, concat, mean, max, mul or none, got 'sum'"),
    ],
)  # fmt: skip
def test_a_graph_that_only_its_filling_breaks(rule, nodes, output, place, path, said):
    space = load_space(graph(nodes, output), language())
    made = elaborate(fill(space, None), (3, 8, 8), 10)
    assert isinstance(made, Infeasible)
    assert (made.rule, (made.line, made.column), made.text) == (rule, place, said)
    assert made.path == f"architecture.0.graph.{path}"


@pytest.mark.parametrize(("rule", "layer", "said"), IMPOSSIBLE)
def test_y24_y25_geometry_is_ours(rule, layer, said):
    space = load_space(layers(layer, *HEAD.splitlines()[1:]).replace("- - ", "- "), language())
    made = elaborate(fill(space, None), (3, 8, 8), 10)
    if said is None:
        assert made.architecture.layers[0].out_shape((3, 8, 8)) == (8, 8, 8)
    else:
        assert isinstance(made, Infeasible)
        assert said in made.text
        assert (made.line, made.column, made.shape) == (2, 3, (3, 8, 8))


def test_y26_impossible_everywhere():
    text = layers("repeat: {times: {int: [4, 6]}, each: [pool]}", *HEAD.splitlines()[1:])
    found = check(load_space(text.replace("- - ", "- "), language()), (1, 8, 8), 10, cost=cost)
    assert (found.feasible, found.complete, found.looked_at) == (0, True, 3)
    assert found.problem.rule == "Y26"
    assert found.problem.line == 2
    assert "no valid architecture in 3 fillings" in found.problem.text


def test_y27_impossible_for_some():
    text = layers("repeat: {times: {int: [1, 6]}, each: [pool]}", *HEAD.splitlines()[1:])
    found = check(load_space(text.replace("- - ", "- "), language()), (1, 8, 8), 10, cost=cost)
    assert (found.feasible, found.problem) == (3, None)
    assert found.notes == ("3 of 6 fillings are impossible [Y27]",)
    assert found.example["architecture.0.times"] == 4


def test_y37_shows_what_changed():
    old = load_space(HEAD + "training: {batch_size: 128}\n", language())
    new = load_space(HEAD + "training: {batch_size: 256}\nbudget: {time: 1h}\n", language())
    assert difference(old.identity(), new.identity()) == ["training.batch_size: 128 -> 256"]
    assert old.digest != new.digest


def test_override_errors_stand_at_the_command_line():
    with pytest.raises(SpaceError) as caught:
        load_space(
            HEAD,
            language(),
            overrides=["training.epochs=0", "budgets.time=3", "architecture.1.linear.unit=3"],
        )
    assert str(caught.value.problems[0]).startswith("command line")
    assert {problem.file for problem in caught.value.problems} == {"command line"}
    assert len(caught.value.problems) == 3
    for wrong in ("epochs", "architecture.7=pool", "architecture.0.x=1", "training=[", "=3"):
        with pytest.raises(SpaceError, match="command line"):
            load_space(HEAD, language(), overrides=[wrong])


def test_an_override_may_name_an_option_like_one_that_is_there():
    given = HEAD + "search: {strategy: tpe, seed: 3}\n"
    changed = ["search.start.earlier=false", "search.screen={score: nwot, draws: 3}"]
    search = load_space(given, language(), overrides=[*changed, "search.screen.draws=4"])
    search = search.sections["search"]
    assert (search.start.earlier, search.screen.draws) == (False, 4)
    with pytest.raises(SpaceError, match=r"unknown key 'strateg' .did you mean 'strategy'"):
        load_space(given, language(), overrides=["search.strateg.tpe.startup=3"])


def test_a_mapping_may_hold_paths_and_numbers_of_other_libraries():
    conv = {"channels": np.int64(4), "stride": np.float32(2)}
    given = {
        "architecture": [{"conv": conv}, "global_pool", {"linear": {"units": "=classes"}}],
        "imports": [],
        "study": Path("a"),
    }
    written = "architecture:\n- conv: {channels: 4, stride: 2.0}\n- global_pool\n"
    written += "- linear: {units: =classes}\nimports: []\nstudy: a\n"
    assert load_space(given, language()).digest == load_space(written, language()).digest
    with pytest.raises(SpaceError, match="got nan"):
        load_space(given | {"training": {"clip": np.float32("nan")}}, language())
