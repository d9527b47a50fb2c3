"""Composes a document from the events of PyYAML's C parser, within limits and with positions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from autocnn.errors import Problem, SpaceError
from autocnn.space.document import Items, Mark, Node, Scalar, Table, shown_value
from autocnn.space.scalars import ScalarError, resolve

LARGEST_FILE = 1_000_000
DEEPEST = 64
MOST_NODES = 100_000


def compose(text: str, file: str = "") -> Node:
    """Read one YAML document.

    Aliases and merge keys work; their copies count. Raises SpaceError for broken or empty text,
    a second document, tags, directives, repeated or non-string keys, recursive aliases, text of
    more than 1 MB, nesting deeper than 64 and documents of more than 100,000 nodes.
    """
    if len(text) > LARGEST_FILE:
        raise SpaceError(
            Problem("Y13", f"the text is larger than {LARGEST_FILE:,} characters", file=file)
        )
    composer = _Composer(text, file)
    try:
        node = composer.document()
    except yaml.MarkedYAMLError as error:
        raise SpaceError(*composer.problems, _syntax(error, text, file)) from error
    except yaml.reader.ReaderError as error:
        raise SpaceError(_unreadable(error, text, file)) from error
    if composer.problems:
        raise SpaceError(*composer.problems)
    return node


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    at = error.problem_mark or error.context_mark
    line, column = (at.line, at.column) if at else (0, 0)
    mark = Mark(file, line + 1, column + 1)
    lines = text.splitlines()
    if line < len(lines) and lines[line][column : column + 1] == "\t":
        return mark.problem("Y17", "a tab cannot indent YAML: use spaces")
    problem = error.problem or "the text breaks off"
    if "Unicode character" in problem:
        return mark.problem("Y16", "the escape stands for no Unicode character")
    context = f" {error.context}" if error.context else ""
    if context and error.context_mark:
        context += f" that starts on line {error.context_mark.line + 1}"
    return mark.problem("yaml", f"this is not YAML: {problem}{context}")


def _unreadable(error: yaml.reader.ReaderError, text: str, file: str) -> Problem:
    offset = error.position or 0  # in bytes of UTF-8
    before = text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore")
    column = len(before) - (before.rfind("\n") + 1)
    code = ord(error.character) if isinstance(error.character, str) else error.character
    return Mark(file, before.count("\n") + 1, column + 1).problem(
        "Y16", f"the character U+{code:04X} at byte {offset} is not allowed in YAML"
    )


class _Composer:
    """One pass over the parser's events; `problems` gathers what does not stop the reading."""

    def __init__(self, text: str, file: str):
        self.file = file
        self.problems: list[Problem] = []
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._nodes = 0

    def document(self) -> Node:
        """The one document of the stream."""
        next(self._events)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            raise SpaceError(Problem("Y01", "the document is empty", file=self.file))
        if start.version or start.tags:
            self._report(start, "Y14", "directives such as %YAML and %TAG are not allowed")
        node = self._node(next(self._events), 0)
        next(self._events)
        rest = next(self._events)
        if not isinstance(rest, yaml.StreamEndEvent):
            raise SpaceError(
                self._mark(rest).problem(
                    "Y02", f"a second document starts here; the first starts at {node.mark}"
                )
            )
        if isinstance(node, Scalar) and node.value is None:
            raise SpaceError(node.mark.problem("Y01", "the document is empty"))
        return node

    def _mark(self, event: Any) -> Mark:
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _report(self, event: Any, rule: str, text: str) -> None:
        self.problems.append(self._mark(event).problem(rule, text))

    def _count(self, number: int, event: Any) -> None:
        self._nodes += number
        if self._nodes > MOST_NODES:
            raise SpaceError(
                self._mark(event).problem(
                    "Y10", f"the document has more than {MOST_NODES:,} nodes, aliases expanded"
                )
            )

    def _node(self, event: Any, depth: int) -> Node:
        if depth > DEEPEST:
            raise SpaceError(
                self._mark(event).problem("Y12", f"nested deeper than {DEEPEST} levels")
            )
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            self._report(event, "Y14", f"tags are not allowed, got {shown_value(event.tag)}")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        before = self._nodes
        self._count(1, event)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._items(event, depth)
        else:
            node = self._table(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _alias(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise SpaceError(
                self._mark(event).problem("Y11", f"no anchor &{event.anchor} stands before this")
            )
        known = self._anchors[event.anchor]
        if known is None:
            raise SpaceError(
                self._mark(event).problem("Y11", f"recursive alias: *{event.anchor} holds itself")
            )
        node, size = known
        self._count(size, event)
        return node

    def _scalar(self, event: Any) -> Scalar:
        mark = self._mark(event)
        for character in event.value:
            if character == "\0" or "\ud800" <= character <= "\udfff":
                code = f"U+{ord(character):04X}"
                self._report(event, "Y16", f"the character {code} is not allowed in a string")
                break
        if not event.implicit[0]:
            return Scalar(event.value, mark)
        try:
            return Scalar(resolve(event.value), mark)
        except ScalarError as error:
            self._report(event, "Y19", str(error))
            return Scalar(None, mark)

    def _items(self, event: Any, depth: int) -> Items:
        items = []
        while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(inner, depth + 1))
            if event.flow_style and _is_cut(inner):
                self._report_cut(inner)
        return Items(tuple(items), self._mark(event))

    def _table(self, event: Any, depth: int) -> Table:
        entries: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        merged: list[Node] = []
        while not isinstance(at := next(self._events), yaml.MappingEndEvent):
            key = self._node(at, depth + 1)
            inner = next(self._events)
            value = self._node(inner, depth + 1)
            if event.flow_style and _is_cut(inner):
                self._report_cut(inner)
            if not isinstance(key, Scalar) or not isinstance(key.value, str):
                found = shown_value(key.value) if isinstance(key, Scalar) else "a list or mapping"
                hint = "; a list stands in brackets: [1, 2]" if event.flow_style else ""
                self._report(at, "Y09", f"expected a word as key, got {found}{hint}")
            elif key.value in keys:
                first = keys[key.value]
                self._report(
                    at, "Y03", f"the key {key.value!r} stands twice; first on line {first.line}"
                )
            else:
                keys[key.value] = self._mark(at)
                if key.value == "<<" and at.implicit[0]:
                    merged += value.items if isinstance(value, Items) else (value,)
                else:
                    entries[key.value] = value
        return self._merge(Table(entries, keys, self._mark(event)), merged)

    def _merge(self, table: Table, merged: list[Node]) -> Table:
        """Add the entries of the merge key's mappings; what stands here wins, then the first."""
        entries, keys = dict(table.entries), dict(table.keys)
        if merged:
            del keys["<<"]
        for source in merged:
            if not isinstance(source, Table):
                self.problems.append(
                    source.mark.problem("Y15", "a merge key takes a mapping or a list of them")
                )
                continue
            for key, value in source.entries.items():
                if key not in entries:
                    entries[key], keys[key] = value, source.keys[key]
        return Table(entries, keys, table.mark)

    def _report_cut(self, event: Any) -> None:
        self._report(
            event,
            "Y08",
            f"the comma ends the expression after {event.value!r}: quote it, "
            'as in {stride: "=max(1, width)"}',
        )


def _is_cut(event: Any) -> bool:
    """Whether an unquoted expression inside `{}` or `[]` has lost what follows its comma."""
    return (
        isinstance(event, yaml.ScalarEvent)
        and event.implicit[0]
        and event.value.startswith("=")
        and event.value.count("(") > event.value.count(")")
    )
