"""What to write instead of a layer that is none, or of one value where its options are due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autocnn.space.document import Items, Node, Scalar, shown
from autocnn.space.form import layer_forms
from autocnn.space.layer import Layer
from autocnn.space.wording import unknown


def options_hint(word: str, node: Node, layers: Mapping[str, type[Layer]]) -> str:
    """What to write where a layer's options are due and one value stands, or nothing."""
    kind = layers.get(word)
    if isinstance(node, Items):
        fields = {"each": "list"} if word == "repeat" else kind.layer_fields if kind else {}
        option = next((name for name, form in fields.items() if form in ("list", "lists")), "")
        return option and f"expected options, got a list; write {{{option}: [...]}}"
    if kind is None or not isinstance(node, Scalar) or node.value is None:
        return ""
    forms = layer_forms(kind)
    ordered = sorted(forms, key=lambda name: not kind.model_fields[name].is_required())
    option = next((name for name in ordered if forms[name].fault(node.value) is None), "")
    got = shown(node)
    return option and f"expected a mapping of options, got {got}; write {{{option}: {got}}}"


def unknown_layer(word: str, known: Iterable[str], layers: Mapping[str, type[Layer]]) -> str:
    """`unknown layer 'relu': write {activation: {kind: relu}}`, if it is an option's word."""
    for layer, kind in layers.items():
        for option, form in layer_forms(kind).items():
            if (
                form.registry is not None
                and form.registry.thing == layer
                and word in form.registry
            ):
                return f"unknown layer {word!r}; write {{{layer}: {{{option}: {word}}}}}"
    return unknown("layer", word, known)
