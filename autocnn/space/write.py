"""Writes documents as YAML text that the language reads back unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from autocnn.space.candidate import Candidate
from autocnn.space.scalars import ScalarError, resolve

WIDTH = 99


class _Writer(yaml.SafeDumper):
    """Writes no aliases, and quotes the strings that YAML 1.2 would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    try:
        is_text = resolve(text) == text
    except ScalarError:
        is_text = False
    style = None if is_text else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def write_document(document: Mapping[str, Any]) -> str:
    """YAML text for JSON values, keys in their order, innermost lists and mappings on one line."""
    text: str = yaml.dump(
        dict(document),
        Dumper=_Writer,
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=WIDTH,
    )
    return text


def write_candidate(candidate: Candidate) -> str:
    """The YAML text of a candidate, a legal space; `read_candidate` gives back its digest."""
    return write_document(candidate.to_json())
