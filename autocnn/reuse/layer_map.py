"""What the tensors of a file from elsewhere are called here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from autocnn.errors import Problem, SpaceError
from autocnn.registry import Listed, Options
from autocnn.space.composer import compose
from autocnn.space.document import plain
from autocnn.space.source import read_source


def _pairs(value: object) -> object:
    return tuple(value.items()) if isinstance(value, Mapping) else value


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Pattern = Annotated[str, BeforeValidator(_pattern)]
Level = Annotated[float, Field(ge=0, le=1)]


class LayerMap(Options):
    """How the names of a file become those of the network, and what its images were like.

    `rename` has regular expressions with what stands in their place, tried one after the other
    on each name, as `re.sub` does; what matches one of `drop` is left out. `mean` and `std` of the
    images, in units of [0, 1], are those that the weights were trained with.
    """

    rename: Annotated[tuple[tuple[Pattern, str], ...], BeforeValidator(_pairs)] = ()
    drop: Annotated[tuple[Pattern, ...], Listed] = ()
    mean: Annotated[tuple[Level, ...], Listed] | None = None
    std: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Listed] | None = None

    @model_validator(mode="after")
    def _together(self) -> LayerMap:
        if len(self.mean or ()) != len(self.std or ()):
            raise ValueError("`mean` and `std` belong together, with as many values")
        return self

    def names(self, found: Iterable[str]) -> dict[str, str]:
        """The names in the file by the names they get.

        Raises SpaceError where two would get the same name or a template names no group.
        """
        result: dict[str, str] = {}
        for name in sorted(found):
            if any(re.search(pattern, name) for pattern in self.drop):
                continue
            new = self._renamed(name)
            if new in result:
                text = f"gives {result[new]} and {name} the same name, {new}"
                raise SpaceError(Problem("A05", text, "rename"))
            result[new] = name
        return result

    def _renamed(self, name: str) -> str:
        for pattern, template in self.rename:
            try:
                name = re.sub(pattern, template, name)
            except (re.error, IndexError) as error:
                text = f"{template!r} cannot stand for {pattern!r}: {error}"
                raise SpaceError(Problem("A05", text, "rename")) from error
        return name


def read_layer_map(file: Path) -> LayerMap:
    """Read a layer map from YAML; raises SpaceError with every problem."""
    document: Any = plain(compose(read_source(file), str(file)))
    try:
        return LayerMap.model_validate(document)
    except ValidationError as error:
        raise SpaceError(
            *(
                Problem(
                    "Y08",
                    fault["msg"].removeprefix("Value error, "),
                    ".".join(map(str, fault["loc"])),
                    str(file),
                )
                for fault in error.errors()
            )
        ) from error
