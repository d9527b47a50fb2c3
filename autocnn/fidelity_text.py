"""How it is said that trials were trained on less than the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fidelity_note(settings: Mapping[str, Any]) -> str:
    """The same behind a value of a trial: ` (trained on 25 % of the images)`, or nothing."""
    text = fidelity_text(settings)
    return f" (trained on {text})" if text else ""


def fidelity_text(settings: Mapping[str, Any]) -> str:
    """What the trials of a study with these settings were trained on, or nothing if the whole.

    Such as `25 % of the images, 16x16 pixels, 50 % of the channels`.
    """
    fidelity = (settings.get("search") or {}).get("fidelity")
    if not fidelity:
        return ""
    size = fidelity["size"]
    height, width = size if isinstance(size, list) else (size, size)
    parts = {
        f"{100 * fidelity['images']:.3g} % of the images": fidelity["images"] < 1,
        f"{height}x{width} pixels": size is not None,
        f"{100 * fidelity['width']:.3g} % of the channels": fidelity["width"] < 1,
    }
    return ", ".join(text for text, given in parts.items() if given)
