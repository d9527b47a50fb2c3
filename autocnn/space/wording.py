"""Words for messages: a JSON schema as `a whole number from 1 to 31 or 'same'`, unknown words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autocnn.errors import suggest
from autocnn.space.document import shown_value

_TYPES = {"string": "a word", "null": "nothing"}


def unknown(thing: str, word: str, known: Iterable[str]) -> str:
    """`unknown key 'kernal' (did you mean 'kernel'?); known: channels, kernel`."""
    words = tuple(known)
    return f"unknown {thing} {word!r}{suggest(word, words)}; known: {', '.join(words)}"


def expectation(schema: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> str:
    """Say what a schema takes; `names` are the known words of the registries it refers to."""
    said = list(dict.fromkeys(_alternatives(schema, names)))
    if len(said) > 1 and "nothing" in said:
        said.remove("nothing")
    for known in said:
        said = [text.replace(f", each {known}", " of these") for text in said]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


def _alternatives(
    schema: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    kind = schema.get("type")
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from _alternatives(option, names)
    elif "registry" in schema:
        thing = schema["registry"]
        yield f"{with_article(thing)} ({', '.join(names[thing])})"
    elif "enum" in schema:
        yield from map(_word, schema["enum"])
    elif "const" in schema:
        yield _word(schema["const"])
    elif kind == "boolean":
        yield from ("true", "false")
    elif kind in ("integer", "number"):
        yield _number(schema, "a whole number" if kind == "integer" else "a number")
    elif kind == "array":
        yield _array(schema, names)
    else:
        yield _TYPES.get(str(kind), "a mapping")


def _word(value: Any) -> str:
    return value if isinstance(value, str) else shown_value(value)


def with_article(thing: str) -> str:
    """`a norm`, `an activation`."""
    return f"{'an' if thing[:1] in 'aeiou' else 'a'} {thing}"


def _number(schema: Mapping[str, Any], noun: str) -> str:
    low, high, above, below = (schema.get(key, schema.get(other)) for key, other in _BOUNDS)
    if low is not None and high is not None:
        return f"{noun} from {low} to {high}"
    bounds = (("of at least", low), ("above", above), ("of at most", high), ("below", below))
    said = [f"{text} {value}" for text, value in bounds if value is not None]
    return f"{noun} {' and '.join(said)}" if said else noun


_BOUNDS = (
    ("minimum", "ge"), ("maximum", "le"), ("exclusiveMinimum", "gt"), ("exclusiveMaximum", "lt"),
)  # fmt: skip


def _array(schema: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> str:
    if "prefixItems" in schema:
        items = [expectation(item, names) for item in schema["prefixItems"]]
        if len(set(items)) == 1:
            return f"a list of {len(items)}, each {items[0]}"
        return f"a list of {len(items)}: {', '.join(items)}"
    item = schema.get("items", {})
    if "registry" in item:
        return f"a list of {item['registry']}s"
    return f"a list, each {expectation(item, names)}"
