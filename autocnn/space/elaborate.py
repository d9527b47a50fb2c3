"""Turns a filled space into a candidate, threading the shape from layer to layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from autocnn.space.candidate import Architecture, Candidate, task_of
from autocnn.space.document import Mark
from autocnn.space.expression import ExpressionError, evaluate
from autocnn.space.fill import Filled
from autocnn.space.form import DEFAULT, first_fault, layer_forms
from autocnn.space.graph_elaborator import GraphElaborator
from autocnn.space.infeasible import Impossible, Infeasible
from autocnn.space.layer import Layer, Shape, ShapeError, each
from autocnn.space.term import (
    LAYER_TERMS,
    BlockUse,
    Closure,
    Computed,
    Constant,
    Entries,
    Layers,
    LayerUse,
    Paths,
    Pick,
    Range,
    Repeat,
    Splice,
    Term,
    Values,
    join,
)

Names = Mapping[str, Any]


def elaborate(filled: Filled, shape: Sequence[int], classes: int) -> Candidate | Infeasible:
    """The candidate for inputs of this shape, or the first reason why there is none."""
    elaborator = Elaborator(filled, tuple(shape), classes)
    try:
        return elaborator.candidate()
    except Impossible as error:
        return error.reason


class Elaborator:
    """One elaboration; `_sites` are the block uses around the present place."""

    def __init__(self, filled: Filled, shape: Shape, classes: int):
        self._program = filled.space.program
        self._language = filled.space.language
        self._filling = filled.values
        self._input = shape
        self._classes = classes
        self._outer: dict[str, Any] = {"classes": classes}
        task = task_of(filled.space.sections)
        self._context: dict[str, Any] = {"classes": classes, "task": task}
        self._defaults: dict[str, Any] = {}
        self._sites: list[BlockUse] = []
        self._made = filled.space.made_blocks
        self._around = ""

    def candidate(self) -> Candidate:
        """Names first, then defaults, layers and recipe."""
        program = self._program
        for name, term in program.define:
            self._outer[name] = self._bind(term, f"define.{name}", dict(self._outer))
        self._defaults = {
            name: self.value(term, f"defaults.{name}", self._outer)
            for name, term in program.defaults.items()
        }
        for kind, options in program.kinds.items():
            self._defaults[kind] = {
                name: self.value(term, f"defaults.{kind}.{name}", self._outer)
                for name, term in options.items()
            }
        self._around = repr((self._classes, self._defaults))
        layers, out = self.layers(program.architecture, "architecture", self._outer, self._input)
        if out != (self._classes,):
            text = f"the output must be one value per class: ({self._classes},), got {out}"
            raise self.impossible("Y25", text, "architecture", program.architecture.mark, out)
        architecture = Architecture(self._input, tuple(layers))
        self._context["architecture"] = architecture
        values = self.value(program.training, "training", self._outer)
        recipe = self._validated(
            self._language.recipe, values, "training", program.training.mark, None
        )
        return Candidate(architecture, self._classes, recipe, self._context["task"])

    def impossible(
        self, rule: str, text: str, path: str, mark: Mark, shape: Shape | None
    ) -> Impossible:
        """The failure to raise; inside a block it stands at the user's use of that."""
        if self._sites:
            text += f" (in block {self._sites[-1].block.name!r}, {mark})"
            mark = self._sites[0].mark
        return Impossible(Infeasible(rule, path, text, shape, mark.file, mark.line, mark.column))

    def _bind(self, term: Term, path: str, names: Names) -> Any:
        """What a name stands for: a value, or layers with the names they were written among."""
        chosen, at = self.chosen(term, path)
        if isinstance(chosen, LAYER_TERMS):
            return Closure(chosen, at, names)
        return self.value(chosen, at, names)

    def chosen(self, term: Term, path: str) -> tuple[Term, str]:
        """Follow holes over alternatives to the one that is filled in."""
        while isinstance(term, Pick):
            pick, index = term, 0
            if len(pick.choices) > 1:
                index = pick.choices.index(self._filling[path])
            term, path = pick.alternatives[index], join(path, pick.parts[index])
        return term, path

    def value(self, term: Term, path: str, names: Names) -> Any:
        """The plain value that a term stands for."""
        term, path = self.chosen(term, path)
        match term:
            case Constant():
                return term.value
            case Computed():
                try:
                    return evaluate(term.expression, names)
                except ExpressionError as error:
                    raise self.impossible("Y08", str(error), path, term.mark, None) from error
            case Range():
                return term.low if term.low == term.high else self._filling[path]
            case Values():
                return [
                    self.value(item, join(path, str(index)), names)
                    for index, item in enumerate(term.items)
                ]
            case Entries():
                return {
                    key: self.value(item, join(path, part), names)
                    for key, part, item in term.entries
                }
        raise AssertionError(f"{path}: layers where a value is due")

    def layers(
        self, term: Term, path: str, names: Names, shape: Shape
    ) -> tuple[list[Layer], Shape]:
        """The layers that a term stands for at an input shape, and their output shape."""
        term, path = self.chosen(term, path)
        made: list[Layer] = []
        match term:
            case Layers():
                for part, item in term.items:
                    more, shape = self.layers(item, join(path, part), names, shape)
                    made += more
            case LayerUse():
                layer, shape = self._layer(term, join(path, term.part), names, shape)
                made.append(layer)
            case BlockUse():
                layer, shape = self._block(term, join(path, term.part), names, shape)
                made.append(layer)
            case Repeat():
                times = self.value(term.times, join(path, "times"), names)
                for index in range(int(times)):
                    inside = names if term.index is None else {**names, term.index: index}
                    at = path if term.tie else join(path, f"r{index}")
                    more, shape = self.layers(term.each, at, inside, shape)
                    made += more
            case Splice():
                held = names[term.name]
                return self.layers(held.term, held.path, held.names, shape)
        return made, shape

    def _layer(self, use: LayerUse, path: str, names: Names, shape: Shape) -> tuple[Layer, Shape]:
        try:
            use.kind.check_number(shape)
        except ShapeError as error:
            raise self.impossible(error.rule, str(error), path, use.mark, shape) from error
        inside, form = {**names, **_shape_names(shape)}, layer_forms(use.kind)
        options: dict[str, Any] = {}
        nested: list[tuple[str, str, Term]] = []
        for name, part, term in use.options:
            at = join(path, part)
            chosen, at = self.chosen(term, at)
            if isinstance(chosen, LAYER_TERMS):
                nested.append((name, at, chosen))
                continue
            value = self.value(chosen, at, inside)
            if value == DEFAULT and form[name].optional:
                continue
            options[name] = value
            if name in use.kind.layer_fields and isinstance(options[name], list):
                # As plain values they would miss the defaults and the shape at each layer.
                text = "a plain value stands here, not layers; give the name layers as default"
                raise self.impossible("Y29", text, at, chosen.mark, shape)
        options = self._given(use.kind) | options
        plain = not use.kind.layer_fields
        key = (use.kind, repr(options), shape, self._around) if plain else None
        if known := self._made.get(key):
            return known
        if "nodes" in use.kind.layer_fields:
            graph = GraphElaborator(self, use.kind, names, shape)
            options |= graph.options({name: (at, chosen) for name, at, chosen in nested}, options)
            nested = []
        for name, at, chosen in nested:
            options[name] = self._nested(use, name, at, chosen, options, names, shape)
        layer = self._validated(use.kind, options, path, use.mark, shape)
        made = self._shaped(layer, path, use.mark, shape)
        self._made.add(key, *made)
        return made

    def _given(self, kind: type[Layer]) -> dict[str, Any]:
        """The options that the space's defaults give to a kind of layer."""
        every = {
            name: self._defaults[name] for name in kind.defaults_taken if name in self._defaults
        }
        special: dict[str, Any] = (
            self._defaults[kind.word] if kind.word in self._program.kinds else {}
        )
        return every | special

    def _shaped(self, layer: Layer, path: str, mark: Mark, shape: Shape) -> tuple[Layer, Shape]:
        try:
            layer = self._made.shared(layer.resolve(shape, self._defaults))
            return layer, layer.out_shape(shape)
        except ShapeError as error:
            raise self.impossible(error.rule, str(error), path, mark, shape) from error

    def _nested(
        self,
        use: LayerUse,
        name: str,
        path: str,
        term: Term,
        options: Mapping[str, Any],
        names: Names,
        shape: Shape,
    ) -> Any:
        """The layers inside an option, at the shapes that the layer hands to them."""
        count = len(term.items) if isinstance(term, Paths) else 1
        try:
            shapes = use.kind.part_shapes(name, count, options, shape)
        except ShapeError as error:
            raise self.impossible(error.rule, str(error), path, use.mark, shape) from error
        if not isinstance(term, Paths):
            return tuple(self.layers(term, path, names, shapes[0])[0])
        return tuple(
            tuple(self.layers(item, join(path, str(index)), names, given)[0])
            for index, (item, given) in enumerate(zip(term.items, shapes, strict=True))
        )

    def _block(self, use: BlockUse, path: str, names: Names, shape: Shape) -> tuple[Layer, Shape]:
        outside = {**names, **_shape_names(shape)}
        inside = dict(self._outer) if use.block.outer else {"classes": self._classes}
        given: dict[str, Any] = {}
        for name, term in use.arguments.items():
            given[name] = self._bind(term, join(path, name), outside)
        below = {
            name[len(path) :]: v for name, v in self._filling.items() if name.startswith(path)
        }
        key = self._made.key(use.block, (inside, given, below), shape, self._around)
        if known := self._made.get(key):
            return known
        self._sites.append(use)
        for parameter in use.block.parameters:
            if parameter.name in given:
                inside[parameter.name] = given[parameter.name]
            elif parameter.default is not None:
                seen = {**inside, **_shape_names(shape)}
                at = join(path, parameter.name)
                inside[parameter.name] = self._bind(parameter.default, at, seen)
        layers, out = self.layers(use.block.body, path, inside, shape)
        self._sites.pop()
        group = self._validated(
            self._language.layers["group"],
            {"name": use.block.name, "layers": tuple(layers)},
            path,
            use.mark,
            shape,
        )
        self._made.add(key, group, out)
        return group, out

    def _validated(
        self,
        model: type[Any],
        options: Mapping[str, Any],
        path: str,
        mark: Mark,
        shape: Shape | None,
    ) -> Any:
        try:
            return model.model_validate(options, context=self._context)
        except ValidationError as error:
            rule, text, below = first_fault(model, options, error)
            raise self.impossible(rule, text, join(path, below), mark, shape) from error


def _shape_names(shape: Shape) -> dict[str, int]:
    last = each(shape)[-1]
    channels, height, width = last if len(last) == 3 else (last[0], 1, 1)
    return {"in_channels": channels, "in_height": height, "in_width": width}
