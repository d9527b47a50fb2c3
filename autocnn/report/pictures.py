"""Pictures of what the network sees, as the search left them beside the study."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autocnn.report.objective import percent

if TYPE_CHECKING:
    from autocnn.store import Store

LARGEST = 3_000_000
"""Bytes of a file of pictures; a larger one is not shown."""

PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/]+={0,2}")


MORE = (
    "The first images of each class with their numbers in their part of the data. "
    "autocnn predict BUNDLE PATHS --cam FOLDER draws the same for any other images."
)


def title_of(images: Sequence[Mapping[str, Any]]) -> str:
    """What the images are that are shown first."""
    mistakes = bool(images[0]["said"]) and images[0]["wrong"]
    return "Mistakes it was surest of" if mistakes else "Images it has not learned from"


def pictures(store: Store, name: str) -> dict[str, Any]:
    """What is shown: `images`, `others`, `kernels`, `maps`, `field`; empty where damaged or none.

    `others` are images that a reader can choose from.
    """
    from autocnn.store import frames

    empty: dict[str, Any] = {"images": [], "others": [], "kernels": None, "maps": []}
    empty |= {"field": None}
    artifacts = frames.artifacts(store, name)
    paths = artifacts.loc[artifacts["kind"] == "pictures", "path"].tolist()
    if not paths:
        return empty
    file = store.folder / paths[-1]
    try:
        if file.stat().st_size > LARGEST:
            return empty
        found = json.loads(file.read_text("utf-8"))
        return {
            "images": [_image(row) for row in found["images"] if is_picture(row["image"])],
            "others": [_image(row) for row in found.get("others", ()) if is_picture(row["image"])],
            "kernels": found["kernels"] if is_picture(found["kernels"]) else None,
            "field": found["field"] if is_picture(found["field"]) else None,
            "maps": [row for row in found["maps"] if is_picture(row["image"])],
        }
    except (OSError, ValueError, KeyError, TypeError):
        return empty


def is_picture(text: object) -> bool:
    """Whether it is a data URL of a PNG or JPEG and nothing else."""
    return isinstance(text, str) and PICTURE.fullmatch(text) is not None


def by_class(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Images by their true class, in the order in which these come; those without are left out."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["true"]:
            found.setdefault(row["true"], []).append(row)
    return found


def _image(row: Mapping[str, Any]) -> dict[str, Any]:
    true, index, said = str(row.get("true", "")), row.get("index"), ""
    wrong = row.get("predicted", true) != true
    if "predicted" in row:
        answer = f"taken for {row['predicted']}" if wrong else "recognised"
        said = f"{true}, {answer} ({percent(row['probability'], 1)})"
    cam, number = row.get("cam"), index if isinstance(index, int) else None
    numbered = "" if number is None else f"{number}: " if said else f"{number}"
    return {
        "image": row["image"],
        "cam": cam if is_picture(cam) else None,
        "true": true,
        "number": number,
        "said": said,
        "words": numbered + said,
        "wrong": wrong,
    }
