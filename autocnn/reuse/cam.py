"""Grad-CAM: where in an image a network found what spoke for its answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.decode import quiet_pillow
from autocnn.errors import Problem, SpaceError
from autocnn.reuse.predict import decoded, images_below

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from autocnn.reuse.predictor import Predictor

    Pixels = NDArray[np.uint8]
    Heat = NDArray[np.float32]

SIDE = 96
"""Pixels that a picture is enlarged to, about."""


class Maps:
    """Watches the convolutions of a network while it looks at images.

    `seen` are their names and maps `(N, C, h, w)`.
    """

    def __init__(self, network: nn.Module):
        self._network = network
        self.seen: list[tuple[str, Tensor]] = []

    def of(self, images: Tensor) -> tuple[Heat, Tensor]:
        """Grad-CAM of the highest output, `(N, h, w)` in [0, 1], and the outputs `(N, outputs)`.

        From the last convolution whose maps are larger than one pixel (arXiv 1610.02391).
        """
        import torch
        from torch import nn

        self.seen = []
        hooks = [
            module.register_forward_hook(self._note(name))
            for name, module in self._network.named_modules()
            if isinstance(module, nn.Conv2d)
        ]
        try:
            with torch.enable_grad():
                outputs = self._network(images.requires_grad_(True))
                wide = [seen for _, seen in self.seen if seen.shape[2] * seen.shape[3] > 1]
                if not wide:
                    return torch.zeros(len(images), 1, 1).numpy(), outputs.detach()
                best = outputs.max(1).values.sum()
                (gradient,) = torch.autograd.grad(best, wide[-1], materialize_grads=True)
        finally:
            for hook in hooks:
                hook.remove()
        cam = (gradient.mean((2, 3), keepdim=True) * wide[-1]).sum(1).relu().detach()
        found: Heat = (cam / cam.amax((1, 2), keepdim=True).clamp(min=1e-9)).numpy()
        return found, outputs.detach()

    def _note(self, name: str) -> Any:
        def note(module: nn.Module, inputs: Any, output: Tensor) -> None:
            self.seen.append((name, output))

        return note


def scaled(pixels: Pixels, mean: Iterable[float], std: Iterable[float]) -> Tensor:
    """Images `(N, C, H, W)` as the network takes them, of pixels `(N, H, W, C)`."""
    import torch

    low, span = (torch.tensor([*values]).view(1, -1, 1, 1) for values in (mean, std))
    return torch.tensor(pixels).permute(0, 3, 1, 2).float().div(255).sub(low).div(span)


def overlay(image: Pixels, cam: Heat) -> Pixels:
    """The image, enlarged, in gray with what spoke for the answer in warm colours."""
    import numpy as np
    from PIL import Image

    large = enlarged(image)
    size = (large.shape[1], large.shape[0])
    heat = Image.fromarray((255 * cam).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    share = np.asarray(heat, np.float32)[:, :, None] / 255
    gray = large.mean(2, keepdims=True).repeat(3, 2)
    warm = np.array([230.0, 97.0, 0.0], np.float32)
    mixed: Pixels = (gray * (1 - 0.65 * share) + warm * 0.65 * share).astype(np.uint8)
    return mixed


def enlarged(image: Pixels) -> Pixels:
    """A small image with each pixel as a square of several."""
    scale = max(1, round(SIDE / max(image.shape[:2])))
    large: Pixels = image.repeat(scale, 0).repeat(scale, 1)
    return large


def write_overlays(bundle: Predictor, paths: Iterable[str | Path], folder: Path) -> list[Path]:
    """Write the overlay of each image that can be read as PNG; a number in front is its row.

    One image at a time, however many there are. Raises SpaceError for several networks together.
    """
    from PIL import Image

    from autocnn.reuse.bundle import Bundle

    if not isinstance(bundle, Bundle):
        text = "Grad-CAM is of one network, got an ensemble"
        raise SpaceError(Problem("", text, str(bundle.folder)))
    document, written = bundle.document, []
    maps = Maps(bundle.network)
    for row, file in enumerate([*images_below(paths)], start=1):
        with quiet_pillow():
            image = decoded(file, document.preprocessing)
        if isinstance(image, str):
            continue
        (cam,), _ = maps.of(scaled(image.pixels[None], document.mean, document.std))
        written.append(folder / f"{row:04}-{file.stem[:60]}.cam.png")
        Image.fromarray(overlay(image.pixels, cam)).save(written[-1])
    return written
