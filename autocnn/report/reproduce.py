"""What another run of the same study needs: its space, seed, versions, data and commands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from autocnn.store.records import StudyRecord

LISTED = 30
"""Of a longer list only so many items are written out."""


def facts(study: StudyRecord) -> pd.DataFrame:
    """One row per recorded fact: part (study, data, environment, plan), fact, value as text."""
    import pandas as pd

    recorded = {
        "study": {
            "name": study.name,
            "seed": study.seed,
            "begun": f"{study.created:%Y-%m-%d %H:%M} UTC",
            "space digest": study.digest,
        },
        "data": {"fingerprint": study.data_fingerprint, **_data(study.data)},
        "environment": study.environment,
        "plan": study.plan,
    }
    lines = [
        {"part": part, "fact": fact, "value": value}
        for part, document in recorded.items()
        for fact, value in _flat(document)
    ]
    return pd.DataFrame(lines, columns=["part", "fact", "value"])


def commands(study: StudyRecord, number: int | None) -> list[tuple[str, str]]:
    """What to type, each with what it does; the first needs the space below in a file."""
    name = shlex.quote(study.name)
    file = shlex.quote(f"{study.name}.yaml")
    found = [("Search again, with the space below in this file", f"autocnn search {file}")]
    if number is not None:
        trial = shlex.quote(f"{study.name}:{number}")
        found += [
            ("Show the best network layer by layer", f"autocnn describe {trial}"),
            ("Write the best network as a bundle to reuse", f"autocnn best {name} -o best"),
        ]
    return [*found, ("Write this page again", f"autocnn report {name} -o report.html")]


def candidate_text(candidate: Mapping[str, Any] | None) -> str:
    """A candidate in the language of the spaces, one option or layer a line, for `train`."""
    lines = []
    for key, value in (candidate or {}).items():
        many = isinstance(value, (list, Mapping)) and value
        lines.append(f"{key}:" if many else f"{key}: {json.dumps(value)}")
        if isinstance(value, Mapping):
            lines += [f"  {name}: {json.dumps(item)}" for name, item in value.items()]
        elif isinstance(value, list):
            lines += [f"  - {json.dumps(item)}" for item in value]
    return "\n".join(lines)


def _data(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data's record with the images of each part, without those of each class."""
    images = {f"{part} images": f"{n:,}" for part, n in (data.get("images") or {}).items()}
    left_out = ("counts", "images")
    return {key: value for key, value in data.items() if key not in left_out} | images


def _flat(document: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        name = f"{path} {key}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, (list, tuple)):
            rest = f" and {len(value) - LISTED} more" if len(value) > LISTED else ""
            yield name, (", ".join(map(_said, value[:LISTED])) or "none") + rest
        elif value is not None and value != "":
            yield name, _said(value)


def _said(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
