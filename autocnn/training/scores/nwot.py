"""The score `nwot`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.scores.initial_score import SCORES, InitialScore, Loss

if TYPE_CHECKING:
    from torch import Tensor, nn


@SCORES.register("nwot")
class Nwot(InitialScore):
    """How differently images switch the activations of a network on.

    The logarithm of the determinant of a matrix that counts, for each two images, the activations
    whose inputs have the same sign; as if there were one more in which all images differ, so that
    it is finite.
    """

    paper = "https://arxiv.org/abs/2006.04647"

    def value(self, module: nn.Module, images: Tensor, loss: Loss) -> float:
        import torch

        from autocnn.network.registries import ACTIVATIONS

        kinds = [kind() for kind in ACTIVATIONS.values() if not kind.absent]
        switches = tuple(type(kind.build()) for kind in kinds)
        alike = torch.eye(len(images), dtype=torch.float64)

        def look(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            on = (given[0].flatten(1) > 0).float()
            alike.add_(on @ on.T + (1 - on) @ (1 - on).T)

        for part in module.modules():
            if isinstance(part, switches):
                part.register_forward_pre_hook(look)
        with torch.no_grad():
            module.train()(images)
        return float(torch.linalg.slogdet(alike).logabsdet)
