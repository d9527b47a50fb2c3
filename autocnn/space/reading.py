"""What kind of thing a node is: a hole, an expression, literal, or a word with a value."""

from __future__ import annotations

from dataclasses import dataclass

from autocnn.space.document import Items, Mark, Node, Scalar, Table

HOLES = ("choice", "int", "float")


@dataclass(frozen=True, eq=False)
class Named:
    """`{word: value}`, with the word's position and what it adds to the paths below."""

    word: str
    value: Node
    mark: Mark
    part: str


def is_expression(node: Node) -> bool:
    """Whether a node is a string that starts with `=`."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and node.value[:1] == "="


def hole_word(node: Node) -> str | None:
    """`choice`, `int` or `float` if the node is a hole."""
    if isinstance(node, Table):
        return next((word for word in HOLES if word in node.entries), None)
    return None


def is_choice(node: Node) -> bool:
    """Whether the node is a hole over alternatives."""
    return hole_word(node) == "choice"


def is_nothing(node: Node) -> bool:
    """Whether the node is null, as after a key without a value."""
    return isinstance(node, Scalar) and node.value is None


def is_literal(node: Node) -> bool:
    """Whether neither holes nor expressions stand in the node."""
    if isinstance(node, Scalar):
        return not is_expression(node)
    if isinstance(node, Items):
        return all(map(is_literal, node.items))
    return hole_word(node) is None and all(map(is_literal, node.entries.values()))
