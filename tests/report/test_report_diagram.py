"""The diagram: well-formed, complete, and safe with any text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from typing import Any

import pytest
from report_studies import HOSTILE, architecture_row

from autocnn.report import diagram
from autocnn.report.drawing import runs
from autocnn.report.layers import shape_text

SVG = "{http://www.w3.org/2000/svg}"


def row(kind: str, *parts: list[Any], **options: Any) -> dict[str, Any]:
    shape = [8, 4, 4]
    return {
        "kind": kind,
        "name": "",
        "options": options,
        "in_shape": shape,
        "out_shape": shape,
        "params": 1,
        "parts": [{"name": str(place), "layers": part} for place, part in enumerate(parts)],
    }


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_every_kind_of_part_is_drawn() -> None:
    table = architecture_row(width=16, blocks=3).table
    svg = diagram(table)
    said = Counter(texts(svg))
    assert said["+"] == 2, "three equal residuals are drawn once, the one with stride besides"
    assert said["concat"] == 1
    assert said["\N{MULTIPLICATION SIGN} 3"] == 1
    assert said["mixer"] == 1
    assert said[shape_text([1, 28, 28])] == said["input"] == said["output"] == 1
    assert said[shape_text([32, 14, 14])] >= 1
    assert said["linear 8"] == 1


def test_a_graph_is_drawn_with_what_each_node_takes() -> None:
    graph = row("graph", [row("conv")], [row("pool")], [])
    for part, name in zip(
        graph["parts"], ("nodes.node_a", "edges.b_1", "nodes.node_b"), strict=True
    ):
        part["name"] = name
    graph["options"] = {
        "nodes": {
            "a": {"from": ["input"], "merge": "add", "layers": []},
            "b": {"from": ["a", "input"], "merge": "max", "layers": []},
        },
        "output": ["b", "a", "input"],
        "merge": "concat",
    }
    svg = diagram([graph])
    said = Counter(texts(svg))
    assert [said[word] for word in ("a", "b max", "output concat", "conv", "pool")] == [1] * 5
    graph["options"] |= {"inputs": ["input", "skipped"], "merge": "none"}
    graph["options"]["output"].append("skipped")
    graph["in_shape"] = [[4, 8, 8], [4, 16, 16]]
    several = Counter(texts(diagram([graph])))
    several_shape = ", ".join(map(shape_text, graph["in_shape"]))
    assert [several[word] for word in ("skipped", "output", several_shape)] == [1, 2, 1]
    # From the input to a, the pool and, past both levels, the output; from a to b and the output.
    assert svg.count('class="skip"') == 2


@pytest.mark.parametrize(
    ("table", "skips"),
    [
        ([row("residual", [row("conv")], shortcut="identity", merge="add")], 1),
        ([row("residual", [row("conv")], shortcut="none")], 0),
        ([row("residual", [row("conv")], [row("conv")], merge="add")], 0),
        ([row("branches", [row("conv")], [], merge="mul")], 1),
        ([row("branches", [])], 1),
        ([row("group", [row("residual", [row("residual", [])], shortcut="identity")])], 3),
    ],
)
def test_a_skip_is_a_line_of_its_own(table: list[Any], skips: int) -> None:
    document = ET.fromstring(diagram(table))
    lines = [path for path in document.iter(f"{SVG}path") if path.get("class") == "skip"]
    straight = [path for path in lines if path.get("d") == "M12 0V24"]
    assert len(straight) == skips


def test_everything_lies_inside() -> None:
    document = ET.fromstring(diagram(architecture_row().table))
    width = float(document.get("width") or 0)

    def check(element: ET.Element, left: float) -> None:
        place = (element.get("transform") or "translate(0 0)")[10:-1].split()
        left += float(place[0])
        if element.tag == f"{SVG}rect":
            x = left + float(element.get("x", 0))
            assert 0 <= x <= x + float(element.get("width", 0)) <= width
        for child in element:
            check(child, left)

    check(document, 0)


def test_hostile_names_are_text() -> None:
    svg = diagram([row("conv") | {"name": HOSTILE}, row("pool", mode=HOSTILE)])
    assert "<img" not in svg
    assert any(HOSTILE in text for text in texts(svg))


def test_an_empty_network_has_no_picture() -> None:
    assert diagram([]) == ""


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("", []),
        ("abc", ["a", "b", "c"]),
        ("aaab", ["3 a", "b"]),
        ("xababab", ["x", "3 ab"]),
        ("aabaab", ["2 aab"]),
        ("aaaa", ["4 a"]),
    ],
)
def test_repetitions_are_found(kinds: str, expected: list[str]) -> None:
    found = [
        f"{times} " * (times > 1) + "".join(row["kind"] for row in group)
        for group, times in runs([row(kind) for kind in kinds])
    ]
    assert found == expected
