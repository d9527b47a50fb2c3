"""A JSON schema in words, for messages: `a whole number from 1 to 31 or 'same'`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autocnn.space.document import shown_value

_TYPES = {
    "boolean": "true or false",
    "string": "a word",
    "null": "nothing",
    "object": "a mapping",
}


def expectation(schema: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> str:
    """Say what a schema takes; `names` are the known words of the registries it refers to."""
    if "anyOf" in schema:
        said = [expectation(option, names) for option in schema["anyOf"]]
        return " or ".join(dict.fromkeys(said))
    if "registry" in schema:
        thing = schema["registry"]
        known = ", ".join(names.get(thing, ()))
        return f"{_with_article(thing)} ({known})" if known else _with_article(thing)
    if "enum" in schema:
        return "one of " + ", ".join(_word(value) for value in schema["enum"])
    if "const" in schema:
        return _word(schema["const"])
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return _number(schema, "a whole number" if kind == "integer" else "a number")
    if kind == "array":
        return _array(schema, names)
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"a mapping to {expectation(schema['additionalProperties'], names)}"
    return _TYPES.get(str(kind), "a value")


def _word(value: Any) -> str:
    return value if isinstance(value, str) else shown_value(value)


def _with_article(thing: str) -> str:
    return f"{'an' if thing[:1] in 'aeiou' else 'a'} {thing}"


def _number(schema: Mapping[str, Any], noun: str) -> str:
    bound = {key: schema.get(key, schema.get(other)) for key, other in _BOUNDS}
    low, high = bound["minimum"], bound["maximum"]
    above, below = bound["exclusiveMinimum"], bound["exclusiveMaximum"]
    if low is not None and high is not None:
        return f"{noun} from {low:g} to {high:g}"
    said = [
        f"{text} {value:g}"
        for text, value in (
            ("of at least", low), ("above", above), ("of at most", high), ("below", below)
        )
        if value is not None
    ]  # fmt: skip
    return " ".join((noun, " and ".join(said))) if said else noun


_BOUNDS = (
    ("minimum", "ge"), ("maximum", "le"), ("exclusiveMinimum", "gt"), ("exclusiveMaximum", "lt")
)  # fmt: skip


def _array(schema: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> str:
    if "prefixItems" in schema:
        items = [expectation(item, names) for item in schema["prefixItems"]]
        if len(set(items)) == 1:
            return f"a list of {len(items)}, each {items[0]}"
        return f"a list of {len(items)}: {', '.join(items)}"
    return f"a list, each {expectation(schema.get('items', {}), names)}"
