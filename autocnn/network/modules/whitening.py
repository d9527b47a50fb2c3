"""Filters that whiten patches."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import unfold

MARK = "to_whiten"
"""The attribute of convolutions whose filters come from images."""

VALUES = 2**24
"""So many values of patches, at most, are looked at: 128 MB."""

EPSILON = 5e-4
"""Is added to variances, so that what hardly varies is not blown up."""


def mark_to_whiten(conv: nn.Conv2d) -> None:
    """Let `whiten` find this convolution."""
    setattr(conv, MARK, True)


def needs_whitening(module: nn.Module) -> bool:
    """Whether any convolution inside waits for `whiten`."""
    return any(hasattr(part, MARK) for part in module.modules())


@torch.no_grad()
def whiten(module: nn.Module, images: Tensor) -> None:
    """Set the filters of marked convolutions from what reaches them of images (N, C, H, W).

    The filters are the eigenvectors of the covariance of patches, those of the largest
    eigenvalue first, divided by the root of the eigenvalue; then the same with the other sign.
    Filters beyond these stay as they are. Statistics of norms stay as they are, too.
    (https://arxiv.org/abs/2404.00498, section 3.2)
    """
    module.eval()
    for part in [part for part in module.modules() if hasattr(part, MARK)]:
        assert isinstance(part, nn.Conv2d)
        hook = part.register_forward_pre_hook(lambda conv, given: _fill(conv, given[0]))
        module(images)
        hook.remove()


def _fill(conv: nn.Module, x: Tensor) -> None:
    assert isinstance(conv, nn.Conv2d)
    each = x[0].numel() * conv.kernel_size[0] * conv.kernel_size[1]
    chosen = x[:: -(-len(x) * each // VALUES)].double()
    assert not isinstance(conv.padding, str)
    patches = unfold(chosen, conv.kernel_size, conv.dilation, conv.padding)  # (N, values, places)
    rows = patches.transpose(1, 2).flatten(0, 1)
    values, vectors = torch.linalg.eigh(torch.cov(rows.T).reshape(rows.shape[1], -1))
    filters = (vectors / (values + EPSILON).sqrt()).T.flip(0)
    both = torch.cat([filters, -filters])[: conv.out_channels]
    conv.weight[: len(both)] = both.reshape(-1, *conv.weight.shape[1:]).to(conv.weight.dtype)
