"""What the language knows besides its own words, handed in so that space/ stays free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autocnn.registry import Options, Registry
from autocnn.space.layer import Layer


@dataclass(frozen=True, eq=False)
class Language:
    """The layers, the recipe's options, the shipped blocks and the other top-level keys.

    `blocks` maps the name of a shipped block to its YAML text, `{parameters, layers}`; `sections`
    maps a top-level key such as `budget` to its options. Layers must include `group`, which
    carries a block's name. Where documents are read only, not `trained`, what they name need not
    be installed.
    """

    layers: Registry[Layer]
    recipe: type[Options]
    blocks: Mapping[str, str]
    sections: Mapping[str, type[Options]]
    trained: bool = True
