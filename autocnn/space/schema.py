"""The JSON Schema of the whole language, made from the same definitions that check it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BeforeValidator

from autocnn.registry import Listed, Options, Registry, Whole
from autocnn.space.candidate import FORMAT
from autocnn.space.form import DEFAULT, Form, forms, layer_forms
from autocnn.space.language import Language
from autocnn.space.layer import Layer
from autocnn.space.scope import NAME

Schema = dict[str, Any]
_FIELDS = {"list": "layers", "lists": "paths", "nodes": "nodes", "edges": "edges"}
_NAME = f"^{NAME.pattern}$"
_CONSTRAINTS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
}


def json_schema(language: Language) -> Schema:
    """The JSON Schema (draft 2020-12) of a space, for editors."""
    return _SchemaWriter(language).document()


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


class _SchemaWriter:
    """Gathers `$defs` while it writes; a name with `closed.` takes no holes below it."""

    def __init__(self, language: Language):
        self._language = language
        self._defs: Schema = {}

    def document(self) -> Schema:
        """The whole schema."""
        self._defs |= {
            "expression": {"type": "string", "pattern": "^="},
            "number": _number_hole(),
            "any": self._open({}, "any"),
            "layer": self._layer(),
            "layers": self._layers(),
            "paths": self._open({"type": "array", "items": _ref("layers")}, "paths"),
            "nodes": self._open(_named(_ref("node")), "nodes"),
            "node": self._open(_node(), "node"),
            "edges": self._open(_edges(), "edges"),
        }
        properties: Schema = {
            "study": {"type": "string", "minLength": 1, "maxLength": 200},
            "format": {"const": FORMAT},
            "imports": {"type": "array", "items": {"type": "string"}},
            "define": _named(_ref("any")),
            "defaults": self._defaults(),
            "blocks": _named(self._block()),
            "architecture": _ref("layers"),
            "training": self._options(self._language.recipe, "training", False),
        }
        for key, model in self._language.sections.items():
            properties[key] = self._options(model, key, True)
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "autocnn space",
            "type": "object",
            "properties": properties,
            "required": ["architecture"],
            "additionalProperties": False,
            "$defs": dict(sorted(self._defs.items())),
        }

    def _open(self, schema: Schema, name: str) -> Schema:
        """What takes this schema, a hole over it, or an expression; `name` is its `$defs` name."""
        choice = {
            "type": "object",
            "properties": {
                "choice": {
                    "anyOf": [
                        {"type": "array", "items": _ref(name), "minItems": 1},
                        {"type": "object", "minProperties": 1},
                    ]
                }
            },
            "required": ["choice"],
            "additionalProperties": False,
        }
        return {"anyOf": [schema, choice, _ref("number"), _ref("expression")]}

    def _options(self, model: type[Options], name: str, closed: bool) -> Schema:
        properties = {}
        fields: Mapping[str, str] = getattr(model, "layer_fields", {})
        known = layer_forms(model) if issubclass(model, Layer) else forms(model)
        for key, form in known.items():
            schema = self._field(form, closed)
            if form.optional:
                schema = {"anyOf": [schema, {"const": DEFAULT}]}
            if key in fields:
                layers = _ref(_FIELDS[fields[key]])
                schema = layers if form.is_list else {"anyOf": [layers, schema]}
            if not closed and not (key in fields and form.is_list):
                place = f"{name}.{key}"
                self._defs[place] = self._open(schema, place)
                schema = _ref(place)
            properties[key] = schema
        required = [key for key, field in model.model_fields.items() if field.is_required()]
        written: Schema = {
            "type": "object",
            "description": inspect.getdoc(model) or "",
            "properties": properties,
            "additionalProperties": False,
        }
        if required:
            return written | {"required": required}
        return {"anyOf": [written, {"type": "null"}]}

    def _field(self, form: Form, closed: bool) -> Schema:
        schema = dict(form.schema)
        nested = schema.pop("$defs")
        schema.pop("title", None)
        for registry in form.registries:
            self._registry(registry, closed)
        written: Schema = _rewritten(schema, nested, "closed." if closed else "")
        inner = form.options
        if inner is not None and not closed:
            written = {"anyOf": [written, self._options(inner, inner.__name__, False)]}
        if any(_reads_words(form.annotation)):
            written = {"anyOf": [written, {"type": "string"}]}
        return written

    def _registry(self, registry: Registry[Any], closed: bool) -> None:
        name = ("closed." if closed else "") + registry.thing
        if name in self._defs or registry is self._language.layers:
            return
        self._defs[name] = {}
        entries = {
            word: self._options(model, f"{name}.{word}", closed)
            for word, model in registry.items()
        }
        self._defs[name] = {"anyOf": [{"enum": list(registry)}, _single(entries, False)]}

    def _layers(self) -> Schema:
        return self._open({"type": "array", "items": _ref("layer")}, "layers")

    def _layer(self) -> Schema:
        entries = {
            word: self._options(kind, word, False) for word, kind in self._language.layers.items()
        }
        entries["repeat"] = self._repeat()
        entries |= {name: {"type": ["object", "null"]} for name in self._language.blocks}
        return {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": _ref("layer")},
                {
                    "type": "object",
                    "properties": {"choice": {"type": ["array", "object"]}},
                    "required": ["choice"],
                    "additionalProperties": False,
                },
                _single(entries, {"type": ["object", "null"]}) | {"not": {"required": ["choice"]}},
            ]
        }

    def _repeat(self) -> Schema:
        times = {"type": "integer", "minimum": 0}
        self._defs["repeat.times"] = self._open(times, "repeat.times")
        return {
            "type": "object",
            "description": "Layers several times over; tie: false fills each repetition anew.",
            "properties": {
                "times": _ref("repeat.times"),
                "index": {"type": "string", "pattern": _NAME},
                "tie": {"type": "boolean"},
                "each": _ref("layers"),
            },
            "required": ["times", "each"],
            "additionalProperties": False,
        }

    def _block(self) -> Schema:
        return {
            "type": "object",
            "properties": {
                "parameters": {"anyOf": [_named(_ref("any")), {"type": "null"}]},
                "layers": _ref("layers"),
            },
            "required": ["layers"],
            "additionalProperties": False,
        }

    def _defaults(self) -> Schema:
        properties: Schema = {}
        for word, kind in self._language.layers.items():
            fields = [name for name in forms(kind) if name not in kind.layer_fields]
            special = {name: _ref(f"{word}.{name}") for name in fields}
            properties[word] = {
                "type": "object",
                "properties": special,
                "additionalProperties": False,
            }
        for kind in self._by_importance():
            for name in kind.defaults_taken:
                properties[name] = _ref(f"{kind.word}.{name}")
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def _by_importance(self) -> list[type[Layer]]:
        kinds = self._language.layers.values()
        return sorted(kinds, key=lambda kind: kind.word == "conv")


def _single(entries: Schema, others: Any) -> Schema:
    """A mapping with exactly one of these keys."""
    return {
        "type": "object",
        "properties": entries,
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": others,
    }


def _named(schema: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": _NAME}, "additionalProperties": schema}


def _node() -> Schema:
    """A node of a graph."""
    return {
        "type": "object",
        "properties": {
            "from": _ref("edges"),
            "merge": _ref("graph.merge"),
            "layers": _ref("layers"),
        },
        "required": ["from"],
        "additionalProperties": False,
    }


def _edges() -> Schema:
    """What a node takes: a name, `{name: layers}`, or a list of these."""
    return {
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": _ref("edges")},
            _named(_ref("layers")) | {"minProperties": 1, "maxProperties": 1},
        ]
    }


def _number_hole() -> Schema:
    ends = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    log = {"type": "boolean"}
    step = {"type": "integer", "minimum": 1}
    return {
        "anyOf": [
            {
                "type": "object",
                "properties": {kind: ends, "log": log, **extra},
                "required": [kind],
                "additionalProperties": False,
            }
            for kind, extra in (("int", {"step": step}), ("float", {}))
        ]
    }


def _rewritten(schema: Any, nested: Mapping[str, Any], prefix: str) -> Any:
    """Resolve our markers and pydantic's references; say bounds as JSON Schema does."""
    if isinstance(schema, list):
        return [_rewritten(item, nested, prefix) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "registry" in schema:
        return _ref(prefix + schema["registry"])
    if "$ref" in schema:
        return _rewritten(nested[schema["$ref"]], nested, prefix)
    return {
        _CONSTRAINTS.get(key, key): _rewritten(value, nested, prefix)
        for key, value in schema.items()
        if key != "default"
    }


def _reads_words(annotation: Any) -> Iterator[bool]:
    """For each validator before the type: whether it may read strings that the type does not."""
    known = (Listed, *(mark for mark in get_args(Whole) if isinstance(mark, BeforeValidator)))
    for inner in get_args(annotation):
        if isinstance(inner, BeforeValidator):
            yield inner not in known
        else:
            yield from _reads_words(inner)
