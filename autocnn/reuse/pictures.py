"""What a trained network sees: mistakes, class activation maps, kernels and maps, as pictures."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.network import build, cost, table, totals
from autocnn.reuse.cam import Maps, enlarged, overlay, scaled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from autocnn.data import Dataset, Part
    from autocnn.space import Candidate

    Pixels = NDArray[np.uint8]
    Heat = NDArray[np.float32]

SHOWN = 12
"""Mistakes that are shown, at the most."""

CHOICE = 96
"""Other images that a reader can choose from, at the most."""

WORK = 1e10
"""Multiply-adds of all these images, at the most: 8e9 took 0.1 to 0.25 s of a core (AMD EPYC)."""

ROOM = 1_500_000
"""Characters of the pictures of all these images, about: a report stays under 8 MB."""

THUMB = 128
"""Pixels of the longer side of a picture of a larger image."""

TILES = 32
"""Kernels or maps of a layer that are shown, at the most."""

GAP = 5  # pixels between them

DEPTHS = 3
"""Layers whose maps are shown, at the most."""


def write_pictures(
    path: Path,
    candidate: Candidate,
    weights: Mapping[str, Tensor],
    dataset: Dataset,
    part: Part,
    mistakes: Sequence[Mapping[str, Any]],
) -> Path:
    """Write the pictures of a network as one JSON file of data URLs and return its path.

    `mistakes` are those among the findings on `part`; where there are none its first images are
    shown. Others to choose from are spread over the classes. What would take too long for a large
    network, or too much room, is left out.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        network = build(candidate.architecture)
    network.load_state_dict(weights)
    network.eval()
    count = int(WORK // max(1, 3 * cost(candidate.architecture).macs))
    known = {row["index"]: row for row in mistakes[: min(SHOWN, count)]}
    shown = [*known] or [*range(min(4, count, len(part)))]
    rest = [position for position in _spread(part) if position not in shown]
    rest = rest[: min(CHOICE, count - len(shown))]
    positions = shown + rest
    pixels: Pixels = part.images[part.indices[torch.tensor(positions, dtype=torch.long)]].numpy()
    document: dict[str, Any] = {"images": [], "others": [], "kernels": _kernels(network)}
    document |= {"maps": [], "field": None}
    if len(pixels):
        maps = Maps(network)
        overlays, outputs = maps.of(scaled(pixels, dataset.mean, dataset.std))
        room = ROOM
        for place, (position, image) in enumerate(zip(positions, pixels, strict=True)):
            if room < 0 and place >= len(shown):
                break
            said = known.get(position) or _answer(part, position, outputs[place])
            names = {key: dataset.classes[said[key]] for key in ("true", "predicted") if said}
            drawn = {
                "image": _thumb(enlarged(image)),
                "cam": _thumb(overlay(image, overlays[place]), "JPEG"),
            }
            room -= sum(map(len, drawn.values()))
            kind = "images" if place < len(shown) else "others"
            document[kind].append({**said, **names, "index": position, **drawn})
        if part.plain_labels.ndim == 1:
            labels = part.plain_labels
            document["others"].sort(key=lambda row: (labels[row["index"]], row["index"]))
        document["maps"] = _tiles_of(maps.seen)
        document["field"] = _field(pixels[0], candidate)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _spread(part: Part) -> list[int]:
    """Positions in a part: the first image of each class, then the second of each, and so on."""
    import numpy as np

    labels = part.plain_labels
    if labels.ndim > 1 or not len(labels):
        return [*range(len(labels))]
    order = np.argsort(labels, kind="stable")
    ranks = np.empty(len(labels), np.int64)
    ranks[order] = np.arange(len(labels)) - np.searchsorted(labels[order], labels[order])
    found: list[int] = np.lexsort((labels, ranks)).tolist()
    return found


def _answer(part: Part, position: int, output: Tensor) -> dict[str, Any]:
    """What a classifier said of an image: the answer that the overlay explains."""
    label = part.plain_labels[position]
    if label.ndim:
        return {}
    sure, predicted = output.softmax(0).max(0)
    return {"true": int(label), "predicted": int(predicted), "probability": float(sure)}


def _tiles_of(seen: Sequence[tuple[str, Tensor]]) -> list[dict[str, str]]:
    """Maps of the first image after the first, a middle and the last convolution."""
    wide = [(name, maps) for name, maps in seen if maps.shape[2] > 1]
    places = sorted({0, len(wide) // 2, len(wide) - 1}) if wide else []
    return [
        {"layer": wide[place][0], "image": _url(_sheet(wide[place][1][0].detach().numpy()))}
        for place in places[:DEPTHS]
    ]


def _field(image: Pixels, candidate: Candidate) -> str:
    """The image with a frame around what one output value in its middle sees."""
    import numpy as np
    from PIL import Image, ImageDraw

    field = totals(table(candidate.architecture))["receptive_field"]
    large = enlarged(image)
    scale = large.shape[0] / image.shape[0]
    picture = Image.fromarray(large.repeat(4 - large.shape[2], 2)[:, :, :3])
    (width, height), (tall, wide) = picture.size, (side * scale for side in field)
    ends = [(width - wide) / 2, (height - tall) / 2, (width + wide) / 2, (height + tall) / 2]
    left, top = max(1, ends[0]), max(1, ends[1])
    right, bottom = max(left, min(width - 2, ends[2])), max(top, min(height - 2, ends[3]))
    ImageDraw.Draw(picture).rectangle((left, top, right, bottom), outline=(230, 97, 0), width=2)
    return _url(np.asarray(picture))


def _kernels(network: nn.Module) -> str | None:
    """The kernels of the first convolution, in colour where they take three channels."""
    import numpy as np
    from torch import nn

    first = next((m for m in network.modules() if isinstance(m, nn.Conv2d)), None)
    if first is None or max(first.kernel_size) < 2:
        return None
    weights = first.weight.detach().float().numpy()[:TILES]
    if weights.shape[1] != 3:
        return _url(_sheet(weights.mean(1)))
    low, high = weights.min((1, 2, 3), keepdims=True), weights.max((1, 2, 3), keepdims=True)
    colours = (255 * (weights - low) / np.maximum(high - low, 1e-9)).astype(np.uint8)
    return _url(_tiled([tile.transpose(1, 2, 0) for tile in colours]))


def _sheet(maps: Heat) -> Pixels:
    """Gray maps `(channels, h, w)` side by side, each from its lowest to its highest value."""
    import numpy as np

    tiles = []
    for tile in maps[:TILES]:
        span = max(float(tile.max() - tile.min()), 1e-9)
        tiles.append((255 * (tile - tile.min()) / span).astype(np.uint8)[:, :, None])
    return _tiled(tiles)


def _tiled(tiles: Sequence[Pixels]) -> Pixels:
    """Tiles in rows of eight with a gap between them."""
    import numpy as np

    height, width, depth = tiles[0].shape
    scale = max(1, 40 // max(height, width))
    height, width = height * scale, width * scale
    rows = -(-len(tiles) // 8)
    sheet = np.full((rows * (height + GAP) - GAP, 8 * (width + GAP) - GAP, depth), 255, np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // 8 * (height + GAP), place % 8 * (width + GAP)
        large = tile.repeat(scale, 0).repeat(scale, 1)
        sheet[top : top + height, left : left + width] = large
    return sheet


def _thumb(pixels: Pixels, kind: str = "") -> str:
    """A picture for a list of many: made smaller, as JPEG, where it has many pixels."""
    import numpy as np
    from PIL import Image

    if max(pixels.shape[:2]) <= THUMB:
        return _url(pixels, kind)
    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    picture.thumbnail((THUMB, THUMB))
    small = np.asarray(picture)
    return _url(small.reshape(*small.shape[:2], -1), "JPEG")


def _url(pixels: Pixels, kind: str = "") -> str:
    """A picture as a data URL: PNG where it is small and nothing else is asked, else JPEG."""
    from PIL import Image

    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    kind = kind or ("PNG" if pixels.size < 200_000 else "JPEG")
    file = io.BytesIO()
    picture.save(file, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
