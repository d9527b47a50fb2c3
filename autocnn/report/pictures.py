"""Pictures of what the network sees, as the search left them beside the study."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocnn.report.objective import percent

if TYPE_CHECKING:
    from autocnn.store import Store

LARGEST = 3_000_000
"""Bytes of a file of pictures; a larger one is not shown."""

PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/]+={0,2}")


def pictures(store: Store, name: str) -> dict[str, Any]:
    """What is shown: `images`, `kernels`, `maps`, `field`; empty where missing or damaged."""
    from autocnn.store import frames

    empty: dict[str, Any] = {"images": [], "kernels": None, "maps": [], "field": None}
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
            "kernels": found["kernels"] if is_picture(found["kernels"]) else None,
            "field": found["field"] if is_picture(found["field"]) else None,
            "maps": [row for row in found["maps"] if is_picture(row["image"])],
        }
    except (OSError, ValueError, KeyError, TypeError):
        return empty


def is_picture(text: object) -> bool:
    """Whether it is a data URL of a PNG or JPEG and nothing else."""
    return isinstance(text, str) and PICTURE.fullmatch(text) is not None


def _image(row: Mapping[str, Any]) -> dict[str, Any]:
    said = ""
    if "predicted" in row:
        said = f"{row['true']}, taken for {row['predicted']} ({percent(row['probability'], 1)})"
    cam = row.get("cam")
    return {"image": row["image"], "cam": cam if is_picture(cam) else None, "said": said}
