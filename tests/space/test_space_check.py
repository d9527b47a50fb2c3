"""What `check` tells: every alternative that is in no network, every hole that changes nothing."""

from __future__ import annotations

import pytest

from autocnn.api import load_space
from autocnn.network import cost
from autocnn.space import check, elaborate, fillings
from autocnn.space.coverage import uncovered

HEAD = "architecture:\n"
TAIL = """
  - global_pool
  - linear: {units: =classes, activation: none}
"""


def looked(text: str, define: str = "", samples: int = 30):
    document = f"{define}{HEAD}{text.rstrip()}{TAIL}"
    return check(load_space(document), (1, 8, 8), 10, cost=cost, samples=samples)


def test_alternatives_that_no_network_has_are_found() -> None:
    found = looked("  - pool: {kernel: {choice: [2, 4, 16]}}")
    assert [(missing.hole, missing.value) for missing in found.uncovered] == [
        ("architecture.0.pool.kernel", 16)
    ]
    assert "leaves nothing of the 8x8 map" in str(found.uncovered[0])
    assert found.uncovered[0].reason.shape == (1, 8, 8)


def test_rare_alternatives_are_looked_for() -> None:
    """One filling in a thousand has the deepest hole; choices that lead there are made for it."""
    nested = "{conv: {channels: {choice: [1, 2]}}}"
    for _ in range(5):
        nested = f"{{choice: [[], [norm], [scale], [{nested}]]}}"
    found = looked(f"  - {nested}", samples=5)
    assert found.uncovered == ()


def test_deep_repetitions_are_looked_for() -> None:
    text = """
  - repeat:
      times: {int: [0, 12]}
      tie: false
      each: [{conv: {channels: {choice: [2, 3]}}}]"""
    assert looked(text, samples=1).uncovered == ()


@pytest.mark.parametrize(
    ("text", "define", "expected"),
    [
        ("  - dropout: {rate: 0.5, kind: block, size: {choice: [5, 7]}}", "", ()),
        ("  - dropout: {rate: 0.5, size: {choice: [5, 7]}}", "", ("architecture.0.dropout.size",)),
        ("  - conv: {channels: {choice: [2, 4]}}", "", ()),
        ("  - choice: [[], [identity]]", "", ("architecture.0",)),
        ("  - conv: {channels: =2 + 0 * width}", "define: {width: {int: [1, 4]}}\n",
         ("define.width",)),
    ],
)  # fmt: skip
def test_holes_that_change_nothing_are_named(text, define, expected) -> None:
    assert looked(text.replace("=2 + 0 * width", '"=2 + 0 * width"'), define).idle == expected


def test_floats_count_as_one() -> None:
    found = looked("  - dropout: {rate: {float: [0, 0.5]}}\n  - conv: {channels: {int: [1, 5]}}")
    assert (found.fillings, found.discrete, found.floats) == (None, 5, 1)


def test_measures_give_ranges() -> None:
    space = load_space(f"{HEAD}  - conv: {{channels: {{choice: [2, 4]}}}}{TAIL}")
    found = check(
        space, (1, 8, 8), 10, cost=cost,
        measures={"convs": lambda made: cost(made.architecture).params},
    )  # fmt: skip
    assert found.ranges == {"convs": found.params}


def test_nothing_is_looked_for_twice() -> None:
    """What the samples cover costs no further elaboration."""
    space = load_space(f"{HEAD}  - conv: {{channels: {{choice: [2, 4]}}}}{TAIL}")

    def build(filled):
        return elaborate(filled, (1, 8, 8), 10)

    every = [(filled, build(filled)) for filled in fillings(space)]
    assert uncovered(space, every, lambda filled: pytest.fail("looked again")) == ()
