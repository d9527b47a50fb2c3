"""One concrete network and recipe: what a space proposes and everything else consumes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autocnn.html_text import html_facts, html_table
from autocnn.registry import Options, Registry, modules_of
from autocnn.space.imports import import_modules
from autocnn.space.layer import Layer, Layers, Shape

FORMAT = 1
CLASSIFICATION = "classification"
"""The task of data that name none."""


@dataclass(frozen=True)
class Architecture:
    """A tree of layers and the input it is made for: `shape` is `(channels, height, width)`."""

    shape: Shape
    layers: tuple[Layer, ...]

    @cached_property
    def digest(self) -> str:
        """The sha256 of input shape and canonical layers."""
        return _digest({"shape": list(self.shape), "architecture": _canonical(self.layers)})

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """The modules from outside that layers and their options come from, sorted."""
        found: set[str] = set()

        def look(layers: Layers) -> Layers:
            for layer in layers:
                inner = (value for value in vars(layer).values() if isinstance(value, Options))
                found.update(each.imported_from for each in (layer, *inner))
                layer.with_layers(look)
            return layers

        look(self.layers)
        return tuple(sorted(found - {""}))

    def to_json(self) -> list[dict[str, Any]]:
        """The layers as the language writes them, every option spelled out."""
        return [Registry.write(layer) for layer in self.layers]


@dataclass(frozen=True)
class Candidate:
    """An architecture, the number of its classes and its recipe; no choice is left open.

    With another `task` than classification `classes` counts labels or values.
    """

    architecture: Architecture
    classes: int
    training: Options
    task: str = CLASSIFICATION

    @cached_property
    def digest(self) -> str:
        """The sha256 of the canonical JSON without group names."""
        return _digest(self._document(_canonical(self.architecture.layers)))

    def to_json(self) -> dict[str, Any]:
        """The document `{format, data, architecture, training}`, a legal space without holes.

        With layers or a recipe from outside it has `imports` too, the modules they come from.
        """
        return self._document(self.architecture.to_json())

    def _document(self, layers: list[dict[str, Any]]) -> dict[str, Any]:
        imports = sorted({*self.architecture.imports, *modules_of(self.training)})
        return {
            "format": FORMAT,
            **({"imports": imports} if imports else {}),
            "data": {
                "shape": list(self.architecture.shape),
                "classes": self.classes,
                **({} if self.task == CLASSIFICATION else {"task": self.task}),
            },
            "architecture": layers,
            "training": self.training.to_json(),
        }

    def _repr_html_(self) -> str:
        """Its layers and its recipe, what is not the default alone, for notebooks."""
        layers = [
            (layer.word, json.dumps(layer.model_dump(mode="json", exclude_defaults=True)))
            for layer in self.architecture.layers
        ]
        shape = "\N{MULTIPLICATION SIGN}".join(map(str, self.architecture.shape))
        title = f"Network for images {shape} and {self.classes} outputs"
        recipe = self.training.model_dump(mode="json", exclude_defaults=True)
        said = {key: value for key, value in recipe.items() if value is not None}
        return html_table(("layer", "options"), layers, title) + html_facts(said, "Recipe")

    @classmethod
    def from_json(
        cls, document: Mapping[str, Any], layers: Registry[Layer], recipe: type[Options]
    ) -> Candidate:
        """Read what `to_json` wrote; raises pydantic.ValidationError, KeyError or TypeError.

        Raises SpaceError if it names modules that may not be imported, see `imports_allowed`.
        """
        import_modules(document.get("imports", ()))
        return cls(
            Architecture(
                tuple(document["data"]["shape"]),
                tuple(layers.parse(layer) for layer in document["architecture"]),
            ),
            document["data"]["classes"],
            recipe.model_validate(
                document["training"],
                context={"task": document["data"].get("task", CLASSIFICATION)},
            ),
            document["data"].get("task", CLASSIFICATION),
        )


def task_of(sections: Mapping[str, Options]) -> str:
    """The task that the `data` section of a document names."""
    task = getattr(sections.get("data"), "task", None)
    return task.word if isinstance(task, Options) else CLASSIFICATION


def _canonical(layers: Layers) -> list[dict[str, Any]]:
    return [Registry.write(layer) for layer in _flat(layers)]


def _flat(layers: Layers) -> Layers:
    """Flatten groups and drop what does nothing, at every depth."""
    found: list[Layer] = []
    for layer in layers:
        if layer.word == "group":
            found += _flat(layer.layers)  # type: ignore[attr-defined]
        elif not layer.is_identity():
            found.append(layer.with_layers(_flat))
    return tuple(found)


def _digest(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
