"""What a trained network sees: mistakes, class activation maps, kernels and maps, as pictures."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.network import build, cost, table, totals

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from autocnn.data import Dataset, Part
    from autocnn.space import Candidate

    Pixels = NDArray[np.uint8]
    Maps = NDArray[np.float32]

SHOWN = 12
"""Images that are shown, at the most."""

WORK = 5e9
"""Multiply-adds of the images shown, at the most: well under a second."""

SIDE = 96
"""Pixels that a picture is enlarged to, about."""

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
    shown. What would take too long for a large network is left out.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        network = build(candidate.architecture)
    network.load_state_dict(weights)
    network.eval()
    count = min(SHOWN, int(WORK // max(1, 3 * cost(candidate.architecture).macs)))
    shown = [dict(row) for row in mistakes[:count]]
    positions = [row.pop("index") for row in shown] or range(min(count, 4, len(part)))
    rows = part.indices[torch.tensor(list(positions), dtype=torch.long)]
    pixels: Pixels = part.images[rows].numpy()
    maps = _Maps(network)
    document: dict[str, Any] = {"images": [], "kernels": _kernels(network)}
    document |= {"maps": [], "field": None}
    if len(pixels):
        overlays = maps.of(_scaled(pixels, dataset))
        for place, image in enumerate(pixels):
            known = shown[place] if shown else {}
            said = {key: dataset.classes[known[key]] for key in ("true", "predicted") if known}
            picture = {"image": _url(_enlarged(image)), "cam": _overlay(image, overlays[place])}
            document["images"].append({**known, **said, **picture})
        document["maps"] = maps.tiles()
        document["field"] = _field(pixels[0], candidate)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


class _Maps:
    """Watches the convolutions of a network while it looks at images."""

    def __init__(self, network: nn.Module):
        self._network = network
        self._seen: list[tuple[str, Tensor]] = []

    def of(self, images: Tensor) -> Maps:
        """Grad-CAM of the predicted class, `(N, h, w)` in [0, 1] (arXiv 1610.02391).

        From the last convolution whose maps are larger than one pixel.
        """
        import torch
        from torch import nn

        hooks = [
            module.register_forward_hook(self._note(name))
            for name, module in self._network.named_modules()
            if isinstance(module, nn.Conv2d)
        ]
        try:
            with torch.enable_grad():
                outputs = self._network(images.requires_grad_(True))
                wide = [seen for _, seen in self._seen if seen.shape[2] * seen.shape[3] > 1]
                if not wide:
                    return torch.zeros(len(images), 1, 1).numpy()
                best = outputs.max(1).values.sum()
                (gradient,) = torch.autograd.grad(best, wide[-1], materialize_grads=True)
        finally:
            for hook in hooks:
                hook.remove()
        cam = (gradient.mean((2, 3), keepdim=True) * wide[-1]).sum(1).relu().detach()
        found: Maps = (cam / cam.amax((1, 2), keepdim=True).clamp(min=1e-9)).numpy()
        return found

    def tiles(self) -> list[dict[str, str]]:
        """Maps of the first image after the first, a middle and the last convolution."""
        wide = [(name, seen) for name, seen in self._seen if seen.shape[2] > 1]
        places = sorted({0, len(wide) // 2, len(wide) - 1}) if wide else []
        return [
            {"layer": wide[place][0], "image": _url(_sheet(wide[place][1][0].detach().numpy()))}
            for place in places[:DEPTHS]
        ]

    def _note(self, name: str) -> Any:
        def note(module: nn.Module, inputs: Any, output: Tensor) -> None:
            self._seen.append((name, output))

        return note


def _field(image: Pixels, candidate: Candidate) -> str:
    """The image with a frame around what one output value in its middle sees."""
    import numpy as np
    from PIL import Image, ImageDraw

    field = totals(table(candidate.architecture))["receptive_field"]
    large = _enlarged(image)
    scale = large.shape[0] / image.shape[0]
    picture = Image.fromarray(large.repeat(4 - large.shape[2], 2)[:, :, :3])
    (width, height), (tall, wide) = picture.size, (side * scale for side in field)
    ends = [(width - wide) / 2, (height - tall) / 2, (width + wide) / 2, (height + tall) / 2]
    left, top = max(1, ends[0]), max(1, ends[1])
    right, bottom = max(left, min(width - 2, ends[2])), max(top, min(height - 2, ends[3]))
    ImageDraw.Draw(picture).rectangle((left, top, right, bottom), outline=(230, 97, 0), width=2)
    return _url(np.asarray(picture))


def _scaled(pixels: Pixels, dataset: Dataset) -> torch.Tensor:
    """Images `(N, C, H, W)` as the network takes them."""
    import torch

    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (dataset.mean, dataset.std))
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div(255).sub(mean).div(std)


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


def _sheet(maps: Maps) -> Pixels:
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


def _enlarged(image: Pixels) -> Pixels:
    scale = max(1, round(SIDE / max(image.shape[:2])))
    large: Pixels = image.repeat(scale, 0).repeat(scale, 1)
    return large


def _overlay(image: Pixels, cam: Maps) -> str:
    """The image in gray with what spoke for the class in warm colours."""
    import numpy as np
    from PIL import Image

    large = _enlarged(image)
    size = (large.shape[1], large.shape[0])
    heat = Image.fromarray((255 * cam).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    share = np.asarray(heat, np.float32)[:, :, None] / 255
    gray = large.mean(2, keepdims=True).repeat(3, 2)
    warm = np.array([230.0, 97.0, 0.0], np.float32)
    return _url((gray * (1 - 0.65 * share) + warm * 0.65 * share).astype(np.uint8))


def _url(pixels: Pixels) -> str:
    """A picture as a data URL: PNG where it is small, else JPEG."""
    from PIL import Image

    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    kind = "PNG" if pixels.size < 200_000 else "JPEG"
    file = io.BytesIO()
    picture.save(file, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
