"""What an option takes: its type, read from the options model, and how to say it in words."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, get_args, get_origin

from pydantic import ValidationError, create_model
from pydantic.fields import FieldInfo

from autocnn.errors import suggest
from autocnn.registry import OneOf, Options, Registry
from autocnn.space.document import shown_value
from autocnn.space.wording import expectation

_SWITCH_WORDS = ("on", "off", "yes", "no", "y", "n")


@dataclass(frozen=True, eq=False)
class Form:
    """The type of one value: an annotation, and the registries or options found in it."""

    annotation: Any
    registry: Registry[Any] | None = None
    item: Form | None = None
    options: type[Options] | None = None

    @cached_property
    def _model(self) -> type[Options]:
        return create_model("Value", __base__=Options, value=(self.annotation, ...))

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the value, without holes and expressions.

        A registered thing is `{"registry": thing}`; definitions of nested options stand inside.
        """
        schema: dict[str, Any] = self._model.model_json_schema(ref_template="{model}")
        return schema["properties"]["value"] | {"$defs": schema.get("$defs", {})}

    @property
    def expected(self) -> str:
        """What the value must be, such as `a whole number from 1 to 31`."""
        return expectation(self.schema, self.names)

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The known words of every registry in the annotation, by the thing they name."""
        found = {} if self.registry is None else {self.registry.thing: tuple(self.registry)}
        return found | ({} if self.item is None else self.item.names)

    def read(self, value: Any) -> Any:
        """The validated value; raises pydantic.ValidationError."""
        return self._model.model_validate({"value": value}).value  # type: ignore[attr-defined]

    def fault(self, value: Any) -> tuple[str, str] | None:
        """The rule that a plain value breaks and the words for it, or None if it fits."""
        try:
            self.read(value)
        except ValidationError as error:
            return self._words(error, value)
        return None

    def _words(self, error: ValidationError, value: Any) -> tuple[str, str]:
        found = error.errors()
        own = [item["msg"] for item in found if item["type"] in ("value_error", "one_of")]
        if own and len(found) == 1:
            return "Y08", own[0].removeprefix("Value error, ")
        expected = self.expected
        if (
            isinstance(value, str)
            and value.lower() in _SWITCH_WORDS
            and "true or false" in expected
        ):
            return "Y05", f"expected true or false, got {value!r}; write true or false"
        near = suggest(value, self.words) if isinstance(value, str) else ""
        ranged = any(item["type"].startswith(("greater", "less")) for item in found)
        rule = "Y23" if ranged else "Y08"
        return rule, f"expected {expected}, got {shown_value(value)}{near}"

    @property
    def words_beside_list(self) -> bool:
        """Whether the value may be something else than a list."""
        return self.schema.get("type") != "array"

    @property
    def words(self) -> tuple[str, ...]:
        """The strings that the value may be."""
        found = [word for names in self.names.values() for word in names]
        return (*found, *_enumerated(self.schema))


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


@cache
def forms(model: type[Options]) -> dict[str, Form]:
    """The form of every option of a model."""
    return {name: _form_of(_annotation(field)) for name, field in model.model_fields.items()}


def _annotation(field: FieldInfo) -> Any:
    if not field.metadata:
        return field.annotation
    return Annotated[(field.annotation, *field.metadata)]


def _form_of(annotation: Any) -> Form:
    registry, item, options = None, None, None
    for member in _members(annotation):
        origin = get_origin(member)
        if origin is Annotated:
            marker = next((m for m in get_args(member)[1:] if isinstance(m, OneOf)), None)
            if marker is not None:
                registry = marker.registry
                continue
            member = get_args(member)[0]
            origin = get_origin(member)
        if origin in (tuple, list):
            inner = get_args(member)
            if len(inner) == 1 or (len(inner) == 2 and inner[1] is Ellipsis):
                item = _form_of(inner[0])
        elif isinstance(member, type) and issubclass(member, Options):
            options = member
    return Form(annotation, registry, item, options)


def _members(annotation: Any) -> Iterator[Any]:
    """The alternatives of a union, however deeply it is annotated."""
    inner = annotation
    while get_origin(inner) is Annotated:
        inner = get_args(inner)[0]
    if get_origin(inner) in (types.UnionType, typing.Union):
        for member in get_args(inner):
            yield from _members(member)
    else:
        yield annotation
