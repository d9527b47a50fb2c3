"""Whether the classes of a data set look the same in a mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autocnn.data.part import Part

SAMPLE, BYTES = 5_000, 1_000_000_000
"""So many images are looked at, fewer if these are more bytes."""

CHUNK = 4_000_000
"""Bytes of the images that are looked at together: as numbers they take four times as many."""

SIDE = 32
"""Height and width to which larger images are reduced."""

ALIKE = 0.25
"""Classes are alike in a mirror if they change so much less than they differ from each other."""


def alike_in_a_mirror(part: Part) -> bool:
    """Whether mirrored images are like those of their class, by the mean map of each class.

    Maps are of how far a pixel is from the mean of its image, so that dark writing on light ground
    counts as light on dark. Where images are so few that chance decides they are not alike. The
    classes of CIFAR-10 change 0.05 times as much as they differ, those of Fashion-MNIST, in which
    shoes look one way, 0.5 times, written digits 1.6 times.
    """
    import torch
    from torch.nn.functional import adaptive_avg_pool2d

    size = part.images[0].numel()
    order = torch.randperm(len(part), generator=torch.Generator().manual_seed(0))
    order = order[: min(SAMPLE, max(1, BYTES // size))]
    labels, maps = part.labels[order], []
    for rows in torch.split(part.indices[order], max(1, CHUNK // size)):
        images = part.images[rows].float().mean(-1)
        height, width = (min(side, SIDE) for side in images.shape[1:])
        pixels = adaptive_avg_pool2d(images, (height, width))
        maps.append((pixels - pixels.mean((1, 2), keepdim=True)).abs())
    seen = torch.cat(maps)
    means = torch.stack([seen[labels == label].mean(0) for label in set(labels.tolist())])
    change = (means - means.flip(-1)).square().mean()
    return bool(change < ALIKE * (means - means.mean(0)).square().mean())
