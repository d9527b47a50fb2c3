"""The words and tables of the report as Markdown, without its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocnn.store import Store

SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>#|~$&"})

TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "states": ("States", {"state": "state", "trials": "trials", "meaning": "meaning"}),
    "budget": ("Budget", {"unit": "of", "used": "used", "limit": "limit"}),
    "finals": (
        "Finals",
        {"trial": "trial", "seed": "seed", "split": "images of", "metric": "metric",
         "value": "value", "range": "95 % interval", "seconds": "trained for"},
    ),
    "best": (
        "Best trials",
        {"number": "trial", "state": "state", "value": "value", "epoch": "best epoch",
         "last": "last value", "params": "parameters", "macs": "MACs"},
    ),
    "effects": (
        "How much each choice mattered",
        {"hole": "hole", "trials": "trials that had it", "share": "share in %"},
    ),
    "layers": (
        "Best architecture",
        {"layer": "layer", "details": "details", "output": "output", "params": "parameters",
         "macs": "MACs"},
    ),
    "per_class": (
        "Per class",
        {"name": "class", "images": "images", "precision": "precision", "recall": "recall",
         "range": "95 % interval", "f1": "F1"},
    ),
    "failures": (
        "Failures",
        {"state": "state", "reason": "reason", "trials": "trials", "detail": "such as"},
    ),
    "facts": ("Recorded facts", {"part": "of", "fact": "fact", "value": "value"}),
}  # fmt: skip
"""Key among the words of a report -> heading, and its columns with their heads."""


def markdown(store: Store, name: str) -> str:
    """The report as one Markdown text; raises StoreError for an unknown study."""
    from autocnn.report.content import words
    from autocnn.report.study_frames import StudyFrames

    said = words(store, StudyFrames.read(store, name))
    return "\n".join(_lines(said)).strip()


def _lines(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {escaped(said['study'].name)}\n"
    yield f"{escaped(said['lede'])}\n"
    for result in said["results"]:
        interval = f"; 95 % interval {result['low_text']} to {result['high_text']}"
        value = f"**{escaped(result['label'])} {result['text']}**"
        yield f"- {value}{interval if result['strip'] else ''}. {escaped(result['note'])}"
        yield f"  {escaped(result['meaning'])}"
    for key, (title, columns) in TABLES.items():
        if said.get(key):
            yield f"\n## {title}\n"
            yield from table(columns, said[key])
    yield "\n## To reproduce\n"
    for words, command in said["commands"]:
        yield f"- {words}: `{command}`"
    for title, text in (("Space", said["study"].space), ("Best candidate", said["candidate"])):
        if text:
            fence = "`" * (3 + max(map(len, text.split("\n")), default=0) * ("```" in text))
            yield f"\n## {title}\n\n{fence}yaml\n{text.rstrip()}\n{fence}"


def table(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of a table with these heads."""
    yield f"| {' | '.join(columns.values())} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(escaped(row[column]) for column in columns)} |"


def escaped(value: object) -> str:
    """One line that Markdown shows as it is."""
    return " ".join(str(value).split()).translate(SPECIAL)
