"""The model card: `README.md` of a bundle, for the person who finds it without the search."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from autocnn.network import cost
from autocnn.reuse.document import INTERVALS, BundleDocument, Measure
from autocnn.space.candidate import Candidate

SHOWN_CLASSES = 50

CALIBRATED = "A probability is the network's own and was not calibrated."
LIMITS: Mapping[str, str] = {
    "classification": "The network always answers with one of its classes, also for an image of "
    f"none of them. {CALIBRATED}",
    "multilabel": f"Labels that it does not know cannot be found. {CALIBRATED}",
    "regression": "The network always answers with a number, also for an image that has none, and "
    "knows no values far from those of its training.",
}


def model_card(candidates: Sequence[Candidate], document: BundleDocument, *, name: str) -> str:
    """Markdown with purpose, results, inputs, classes, use, training and limits."""
    sections = [
        _front_matter(document),
        f"# {_inert(name)}",
        f"{_purpose(document)}, found and trained by autocnn {document.autocnn}.",
        "## Results",
        _results(document.metrics),
        "## Network",
        _network(candidates),
        "## Use",
        "```sh\nautocnn predict PATH_OF_THIS_FOLDER photo.jpg\n```",
        "```python\nimport autocnn\n\nbundle = autocnn."
        f'load_{"ensemble" if len(candidates) > 1 else "bundle"}("PATH_OF_THIS_FOLDER")\n'
        'for row in bundle.predict(["photo.jpg"]):\n    print(row.file, '
        f"{_fields(document)})\n```",
        "Images of any size and mode are decoded as in training: "
        f"`{json.dumps(document.preprocessing.to_json())}`.",
        f"## {document.task.thing[1].capitalize()}",
        _classes(document.classes),
        "## Where it comes from",
        _provenance(document.provenance),
        "## Limits",
        f"{LIMITS[document.task.word]} Its results hold for images like those it was trained on.",
    ]
    return "\n\n".join(sections) + "\n"


def _network(candidates: Sequence[Candidate]) -> str:
    """How large it is, all networks of an ensemble together."""
    channels, height, width = candidates[0].architecture.shape
    counts = [cost(candidate.architecture) for candidate in candidates]
    params, macs = sum(each.params for each in counts), sum(each.macs for each in counts)
    holds = "`architecture.yaml` holds it with its training recipe, in the language of autocnn."
    several = ""
    if len(candidates) > 1:
        several = f"The mean prediction of {len(candidates)} networks, together with "
        holds = "`ensemble.json` lists them and says how much each counts."
    return (
        f"{several}{params:,} parameters and {macs:,} multiply-adds per image of "
        f"{height} x {width} pixels with {channels} channel{'s' if channels > 1 else ''}. {holds}"
    )


def _purpose(document: BundleDocument) -> str:
    count = len(document.classes)
    if document.task.word == "classification":
        return f"An image classifier for {count} classes"
    return f"A network for {document.task.word} with {count} {document.task.thing[count != 1]}"


def _fields(document: BundleDocument) -> str:
    """What a prediction is asked for."""
    named = {"classification": "row.label, row.probability", "regression": "row.values"}
    return named.get(document.task.word, "row.label, row.probabilities")


def _front_matter(document: BundleDocument) -> str:
    lines = ["---", "library_name: autocnn"]
    if not document.task.scaled:
        lines.append("pipeline_tag: image-classification")
    metric = document.task.metric
    tests = [m for m in document.metrics if m.split == "test" and m.metric == metric]
    lines += [f"test_{metric}: {tests[0].value:.6f}"] if tests else []
    return "\n".join([*lines, "---"])


def _results(metrics: Sequence[Measure]) -> str:
    if not metrics:
        return "Nothing was measured."
    lines = ["| part | metric | value | 95 % interval | kind |", "|---|---|---|---|---|"]
    for measure in metrics:
        between = (
            f"{measure.low:.4f} to {measure.high:.4f}"
            if measure.low is not None and measure.high is not None
            else "none"
        )
        kind = INTERVALS.get(measure.interval or "", "")
        over = f" ({measure.images:,} images, {measure.seeds} seed{'s'[: measure.seeds > 1]})"
        lines.append(
            f"| {measure.split} | {_inert(measure.metric)} | {measure.value:.4f} | {between} "
            f"| {kind}{over} |"
        )
    return "\n".join(lines)


def _classes(classes: Sequence[str]) -> str:
    shown = ", ".join(_inert(name) for name in classes[:SHOWN_CLASSES])
    more = len(classes) - SHOWN_CLASSES
    return shown + (f" and {more} more, see `bundle.json`" if more > 0 else "")


def _provenance(provenance: Mapping[str, Any]) -> str:
    if not provenance:
        return "Not recorded."
    return "\n".join(
        f"- {_inert(key)}: {_inert(value if isinstance(value, str) else json.dumps(value))}"
        for key, value in provenance.items()
    )


def _inert(text: str) -> str:
    """Escape what Markdown or HTML would act on; class and file names may hold anything."""
    text = html.escape(" ".join(text.split()), quote=False)
    for mark in "\\`*_[]|#":
        text = text.replace(mark, "\\" + mark)
    return text
