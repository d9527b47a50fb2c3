"""Whatever the text is, a space loads or is refused with places; nothing else happens."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from autocnn.api import language
from autocnn.errors import SpaceError
from autocnn.space import elaborate, load_space, sample

TEXT = (Path(__file__).parents[2] / "search_spaces" / "quickstart.yaml").read_text()
LINES = TEXT.splitlines()
GRAPH = """define: {way: {choice: [a, input]}}
architecture:
- graph:
    nodes:
      b:
        from: [ input , { a : [ eca ] }, =way ]
        merge: {choice: [ concat , add ]}
      a:
        choice:
        - { from: input , layers: [ {conv: {channels: 4 }} ]}
        - { from: [ {choice: [[], input ]}, input ]}
    output: [ b , {choice: { a : [], b : [ identity ]}}]
    merge: concat
- global_pool
- linear: {units: =classes, activation: none}
""".splitlines()
TOKENS = [
    "graph", "nodes", "from", "output", "input", "merge:", "b", "{a: []}",
    "choice", "int", "float", "repeat", "conv", "basic", "=width", "=stage", "=classes", "null",
    "[]", "{}", "[1, 2]", "{choice: [1, 2]}", "{choice: {conv: {channels: 4}}}", "{int: [1, 3]}",
    "-1", "1e3", "1.5", "true", "'='", "=", "=1/0", "[[[]]]", "{conv: conv}", "&a", "*a", "<<",
    ":", "-", "?", "{", "]", "!t", "|", "\t", "é", "=(((", "times", "each", "body", "layers",
]  # fmt: skip


def survives(text, overrides=()):
    try:
        space = load_space(text + "\n", language(), overrides=overrides)
    except SpaceError as error:
        found = error.problems
    else:
        found = None
        for seed in range(3):
            elaborate(sample(space, seed), (1, 8, 8), 10)
    assert found is None or (found and all(problem.rule and problem.text for problem in found))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([LINES, GRAPH]), st.data())
def test_edited_spaces(text, data):
    lines = list(text)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        words = lines[place].split(" ")
        word = data.draw(st.integers(0, len(words) - 1))
        words[word] = data.draw(st.sampled_from([*TOKENS, "", words[word] + ","]))
        lines[place] = " ".join(words)
    survives("\n".join(lines))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_replaced_parts(data):
    paths = [
        "define", "define.width", "defaults.norm", "defaults.conv", "blocks", "blocks.b.layers",
        "architecture", "architecture.0", "architecture.0.conv", "architecture.0.conv.kernel",
        "architecture.1.repeat.times", "architecture.1.repeat.each", "architecture.1.repeat",
        "architecture.1.repeat.tie", "architecture.1.repeat.index", "training", "training.augment",
        "training.optimizer", "training.optimizer.choice", "data", "data.shape", "search", "study",
        "budget.time", "constraints.params", "blocks.b", "blocks.b.parameters", "architecture.3",
    ]  # fmt: skip
    value = st.recursive(
        st.sampled_from(["=width", "conv", "b", "pool", "none", "0", "3", "0.5", "true", "null"]),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]"),
            st.tuples(
                st.sampled_from(["choice", "conv", "repeat", "layers", "body", "kernel", "x",
                                 "times", "each", "residual", "branches", "paths", "b", "int"]),
                inner,
            ).map(lambda entry: f"{{{entry[0]}: {entry[1]}}}"),
        ),
        max_leaves=5,
    )  # fmt: skip
    overrides = [
        f"{data.draw(st.sampled_from(paths))}={data.draw(value)}"
        for _ in range(data.draw(st.integers(1, 3)))
    ]
    survives(TEXT, overrides)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text):
    survives(text)
