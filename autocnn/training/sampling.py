"""Which images an epoch shows, and in what order."""

from __future__ import annotations

import torch
from torch import Tensor


def epoch_order(labels: Tensor, oversample: float, generator: torch.Generator) -> Tensor:
    """Rows of an epoch, int64 `(N,)`, of images with these labels, int64 `(N,)`.

    Without oversampling every image comes once. With it, in [0, 1], an epoch is as long, and a
    class of n images has a share in it that is proportional to n ** (1 - oversample): at 1 all
    classes are as frequent. Images of rare classes are repeated, each as often as the others of
    its class or once more; of frequent ones some are left out, others in every epoch.
    """
    if not oversample:
        return torch.randperm(len(labels), generator=generator)
    counts = torch.bincount(labels)
    rows = []
    for label, quota in enumerate(quotas(counts, oversample).tolist()):
        own = (labels == label).nonzero()[:, 0]
        if quota:
            rounds, rest = divmod(quota, len(own))
            drawn = torch.randperm(len(own), generator=generator)[:rest]
            rows += [own.repeat(rounds), own[drawn]]
    chosen = torch.cat(rows)
    return chosen[torch.randperm(len(chosen), generator=generator)]


def thinned_order(chances: Tensor, generator: torch.Generator) -> Tensor:
    """Rows of an epoch of N images, int64 `(N,)`: as many times through all as that takes.

    Each time an image is shown with its chance `(N,)`, in (0, 1]; with chances of 1 every image
    comes once.
    """
    rows, missing = list[Tensor](), len(chances)
    while missing > 0:
        shown = (torch.rand(len(chances), generator=generator) < chances).nonzero()[:, 0]
        rows.append(shown[torch.randperm(len(shown), generator=generator)])
        missing -= len(shown)
    return torch.cat(rows)[: len(chances)]


def quotas(counts: Tensor, oversample: float) -> Tensor:
    """How many images of each class `(classes,)` an epoch shows; the sum is that of the counts."""
    shares = counts.double().pow(1 - oversample) * (counts > 0)
    exact = shares * (counts.sum() / shares.sum())
    whole = exact.floor().long()
    missing = int(counts.sum() - whole.sum())
    whole[(exact - whole).argsort(descending=True, stable=True)[:missing]] += 1
    return whole
