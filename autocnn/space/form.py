"""What an option takes: its type, read from the options model, and how to say it in words."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Annotated, Any, get_args, get_origin

from pydantic import ValidationError, create_model
from pydantic.fields import FieldInfo

from autocnn.errors import suggest
from autocnn.registry import OneOf, Options, Registry
from autocnn.space.document import Items, Node, Scalar, shown_value
from autocnn.space.wording import expectation, with_article

DEFAULT = "default"
"""The word for an option of a layer as if it were not written."""

_SWITCH_WORDS = ("on", "off", "yes", "no", "y", "n")


@dataclass(frozen=True, eq=False)
class Form:
    """The type of one value: an annotation, and the registries or options found in it.

    `optional` says whether the word `default` serves, too.
    """

    annotation: Any
    registry: Registry[Any] | None = None
    item: Form | None = None
    options: type[Options] | None = None
    optional: bool = False

    @cached_property
    def _model(self) -> type[Options]:
        return create_model("Value", __base__=Options, value=(self.annotation, ...))

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the value, without holes and expressions.

        A registered thing is `{"registry": thing}`; definitions of nested options stand inside.
        """
        schema: dict[str, Any] = self._model.model_json_schema(ref_template="{model}")
        found: dict[str, Any] = schema["properties"]["value"]
        return found | {"$defs": schema.get("$defs", {})}

    @property
    def expected(self) -> str:
        """What the value must be, such as `a whole number from 1 to 31`."""
        return expectation(self.schema, self.names)

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The known words of every registry in the annotation, by the thing they name."""
        return {registry.thing: tuple(registry) for registry in self.registries}

    def read(self, value: Any) -> Any:
        """The validated value; raises pydantic.ValidationError."""
        return self._model.model_validate({"value": value}).value  # type: ignore[attr-defined]

    def fault(self, value: Any) -> tuple[str, str] | None:
        """The rule that a plain value breaks and the words for it, or None if it fits."""
        if self.optional and value == DEFAULT:
            return None
        try:
            self.read(value)
        except ValidationError as error:
            return self._words(error, value)
        return None

    def _words(self, error: ValidationError, value: Any) -> tuple[str, str]:
        found = error.errors()
        if len(found) == 1 and found[0]["type"] == "value_error":
            return "Y08", found[0]["msg"].removeprefix("Value error, ")
        if len(found) == 1 and found[0]["type"] == "one_of":
            return self._unregistered(found[0]["msg"], value)
        expected = self.expected
        if isinstance(value, str) and value.lower() in _SWITCH_WORDS and "true" in expected:
            return "Y05", f"expected true or false, got {value!r}; write true or false"
        hint = self._hint(value)
        return _rule(value, expected), f"expected {expected}, got {shown_value(value)}{hint}"

    def _fits(self, value: Any) -> bool:
        try:
            self.read(value)
        except ValidationError:
            return False
        return True

    def _hint(self, value: Any) -> str:
        """How a value that does not fit may have been meant."""
        if isinstance(value, list) and value and all(map(self._fits, value)):
            return f"; for a choice among them write {{choice: {shown_value(value)}}}"
        if isinstance(value, str) and self.is_list and self._fits([value]):
            return f"; write [{value}]"
        if (
            isinstance(value, dict)
            and "number" in self.expected
            and "mapping" not in self.expected
        ):
            return "; a hole is {choice: [...]}, {int: [low, high]} or {float: [low, high]}"
        return suggest(value, self.words) if isinstance(value, str) else ""

    def _unregistered(self, message: str, value: Any) -> tuple[str, str]:
        if message.startswith("unknown"):
            return "Y07", message
        if self.registry is None or (isinstance(value, dict) and len(value) == 1):
            return "Y08", message
        thing = with_article(self.registry.thing)
        return "Y08", (
            f"expected {thing} as `name` or `{{name: {{options}}}}`, got {shown_value(value)}"
        )

    def accepts(self, node: Node) -> bool:
        """Whether a node of this shape, list or mapping, can fit at all."""
        if isinstance(node, Scalar):
            return True
        return _takes(self.schema, "array" if isinstance(node, Items) else "object")

    @property
    def is_list(self) -> bool:
        """Whether the value can be nothing but a list."""
        return self.schema.get("type") == "array"

    @property
    def registries(self) -> tuple[Registry[Any], ...]:
        """Every registry in the annotation."""
        own = () if self.registry is None else (self.registry,)
        return own if self.item is None else (*own, *self.item.registries)

    @property
    def words(self) -> tuple[str, ...]:
        """The strings that the value may be."""
        found = [word for names in self.names.values() for word in names]
        return (*found, *_enumerated(self.schema))


def _rule(value: Any, expected: str) -> str:
    """Y23 for whole numbers and Y32 for others out of their range, Y08 for a wrong type."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "Y08"
    if "whole number" in expected:
        return "Y23" if float(value).is_integer() else "Y08"
    return "Y32" if "number" in expected else "Y08"


def _takes(schema: Any, kind: str) -> bool:
    if "anyOf" in schema:
        return any(_takes(option, kind) for option in schema["anyOf"])
    if "registry" in schema or "$ref" in schema:
        return kind == "object"
    if "enum" in schema or "const" in schema:
        return False
    return bool(schema.get("type", kind) == kind)


def _enumerated(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "enum":
                yield from (word for word in value if isinstance(word, str))
            elif key == "const" and isinstance(value, str):
                yield value
            elif key == "anyOf":
                for option in value:
                    yield from _enumerated(option)


def forms(model: type[Options]) -> dict[str, Form]:
    """The form of every option of a model."""
    further = {name: _form_of(annotation) for name, annotation in model.further().items()}
    return {**further, **_field_forms(model)} if further else _field_forms(model)


@cache
def _field_forms(model: type[Options]) -> dict[str, Form]:
    return {name: _form_of(_annotation(field)) for name, field in model.model_fields.items()}


@cache
def layer_forms(kind: type[Options]) -> dict[str, Form]:
    """The form of every option of a layer where it is used: `default` serves if not required."""
    return {
        name: replace(form, optional=not kind.model_fields[name].is_required())
        for name, form in forms(kind).items()
    }


def _annotation(field: FieldInfo) -> Any:
    if not field.metadata:
        return field.annotation
    return Annotated[(field.annotation, *field.metadata)]


def _form_of(annotation: Any) -> Form:
    registry, item, options = None, None, None
    for member in _members(annotation):
        plain, metadata = _bare(member)
        marker = next((mark for mark in metadata if isinstance(mark, OneOf)), None)
        if marker is not None:
            registry = marker.registry
        elif get_origin(plain) in (tuple, list):
            inner = get_args(plain)
            if len(inner) == 1 or (len(inner) == 2 and inner[1] is Ellipsis):
                item = _form_of(inner[0])
        elif isinstance(plain, type) and issubclass(plain, Options):
            options = plain
    return Form(annotation, registry, item, options)


def _members(annotation: Any) -> Iterator[Any]:
    """The alternatives of a union, however deeply it is annotated."""
    inner, _ = _bare(annotation)
    if get_origin(inner) in (types.UnionType, typing.Union):
        for member in get_args(inner):
            yield from _members(member)
    else:
        yield annotation


def _bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type inside an annotation, and the metadata around it."""
    metadata: tuple[Any, ...] = ()
    while get_origin(annotation) is Annotated:
        annotation, *around = get_args(annotation)
        metadata += tuple(around)
    return annotation, metadata


def first_fault(
    model: type[Options], options: Mapping[str, Any], error: ValidationError
) -> tuple[str, str, str]:
    """Rule, words and option of what validation found first."""
    first = error.errors()[0]
    where = first["loc"][0] if first["loc"] else ""
    if where in options:
        fault = forms(model)[str(where)].fault(options[str(where)])
        if fault:
            return *fault, str(where)
    if first["type"] == "missing":
        return "Y08", f"{where!r} is missing", str(where)
    return "Y08", first["msg"].removeprefix("Value error, "), str(where)
