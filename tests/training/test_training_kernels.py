"""The compiled loops against torch: forward, backward, what they leave alone."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from autocnn.network import build
from autocnn.training import Plan
from autocnn.training.kernels.fuse import FusedReLU, fuse
from autocnn.training.precision import follow


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Only then do the loops run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def maps(*shape: int) -> Tensor:
    x = torch.randn(shape).bfloat16().to(memory_format=torch.channels_last)
    return x.requires_grad_()


def fast(module: nn.Module) -> nn.Module:
    return follow(copy.deepcopy(module), Plan(conv="bfloat16", loops="numba"))


WINDOWS = [
    (kernel, stride, padding, ceil)
    for kernel, stride, ceil in itertools.product(
        (1, 2, 3, (2, 3), (3, 1)), (1, 2, 3, (2, 1)), (False, True)
    )
    for padding in ((0, 1) if kernel in (2, 3) else (0,))
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil"), WINDOWS)
def test_max_pooling_is_that_of_torch(kernel, stride, padding, ceil) -> None:
    plain = nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil)
    for height, width, channels in ((7, 6, 3), (3, 8, 40), (6, 6, 16)):
        x = maps(3, channels, height, width)
        with torch.no_grad():
            x[0, 0] = -torch.inf
            x[1, :, 1, 2] = torch.nan
            x[1, 1, :, 0] = -x[1, 1, 1, 2]  # a NaN with the other sign
            x[2, :, :2] = 1.0  # ties
        expected, found = plain(x), fast(plain)(x)
        assert torch.equal(expected.isnan(), found.isnan())
        assert torch.equal(expected.nan_to_num(), found.nan_to_num())
        assert found.is_contiguous(memory_format=torch.channels_last)
        given = torch.randn(expected.shape).bfloat16()
        exact = torch.autograd.grad(plain(x.float()), x, given.float())[0]
        (gradient,) = torch.autograd.grad(found, x, given)
        torch.testing.assert_close(gradient, exact, rtol=2**-7, atol=0.02)


@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize(("shift", "scale"), [(0, 1), (3, 0.5), (-200, 8)])
@pytest.mark.parametrize("shape", [(2, 3, 1, 1), (5, 16, 7, 3), (9, 48, 6, 5), (64, 32, 14, 14)])
def test_batch_norm_is_that_of_torch(shape, shift: float, scale: float, rectified: bool) -> None:
    norm = nn.BatchNorm2d(shape[1], eps=1e-3, momentum=0.3)
    nn.init.uniform_(norm.weight, -1, 1)
    nn.init.uniform_(norm.bias, -1, 1)
    parts = [norm, nn.ReLU()] if rectified else [norm]
    ours = fast(nn.Sequential(*parts))
    plain = nn.Sequential(*parts).double()
    x = (maps(*shape) * scale + shift).detach().requires_grad_()
    given = torch.randn(shape).bfloat16().to(memory_format=torch.channels_last)
    expected, found = plain(x.double()), ours(x)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), expected, rtol=2**-7, atol=2e-3)
    given[(expected.abs() < 1e-2) & torch.tensor(rectified)] = 0  # both sides are right there
    exact = torch.autograd.grad(expected, (x, *plain.parameters()), given.double())
    gradients = torch.autograd.grad(found, (x, *ours.parameters()), given)
    for a, b in zip(exact, gradients, strict=True):
        assert (a - b).norm() <= 0.01 * a.norm() + 2e-3 * given.norm()
    for name, buffer in plain.named_buffers():
        other = ours.get_buffer(name).double()
        torch.testing.assert_close(other, buffer.double(), rtol=1e-4, atol=1e-4)
    with torch.no_grad():
        expected, found = plain.eval()(x.double()), ours.eval()(x).double()
    torch.testing.assert_close(found, expected, rtol=2**-7, atol=5e-3)


def test_a_nan_goes_through_norm_and_relu() -> None:
    ours = fast(nn.Sequential(nn.BatchNorm2d(4), nn.ReLU()))
    x = maps(2, 4, 3, 3)
    with torch.no_grad():
        x[0, 1, 2, 2] = torch.nan
    found = ours(x)
    assert found.isnan().all(dim=(0, 2, 3)).tolist() == [False, True, False, False]
    assert torch.autograd.grad(found.sum(), x)[0].isnan().any()


@pytest.mark.parametrize("module", [nn.MaxPool2d(2), nn.BatchNorm2d(8)])
def test_what_the_loops_do_not_take_is_left_to_torch(module: nn.Module) -> None:
    ours = fast(module)
    x = maps(4, 8, 6, 6)
    for other in (x.float(), x.contiguous(), x[:, :, ::2], x[:, :, :, 1:]):
        assert torch.equal(module(other), ours(other))
    torch.set_num_threads(2)
    assert torch.equal(module(x), ours(x))


def test_one_value_per_channel_is_refused_as_by_torch() -> None:
    with pytest.raises(ValueError, match="more than 1 value"):
        fast(nn.BatchNorm2d(4))(maps(1, 4, 1, 1))


class Own(nn.Module):
    """A user's layer that does not run its parts in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.body[0](self.body[1](x))


def test_only_a_relu_that_surely_follows_a_norm_is_fused(make_candidate) -> None:
    module = nn.Sequential(nn.Sequential(nn.BatchNorm2d(4)), nn.ReLU(), nn.ReLU(), Own())
    x = maps(3, 4, 5, 5)
    expected, ours = module(x), fast(module)
    fused = [type(part) is FusedReLU for part in ours.modules() if isinstance(part, nn.ReLU)]
    assert fused == [True, False, False]
    torch.testing.assert_close(ours(x), expected, rtol=2**-6, atol=0.02)
    plain = build(make_candidate().architecture)
    network = copy.deepcopy(plain)
    fuse(network)
    assert list(plain.state_dict()) == list(network.state_dict())
    assert not {type(part) for part in network.modules()} & {nn.BatchNorm2d, nn.MaxPool2d}
    x = torch.randn(2, *make_candidate().architecture.shape)
    assert torch.equal(plain.eval()(x), network.eval()(x))


def test_the_same_input_gives_the_same_bits() -> None:
    module = fast(nn.Sequential(nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(3, 2, 1)))
    x = maps(32, 24, 9, 9)
    runs = []
    for _ in range(2):
        y = copy.deepcopy(module)(x)
        runs.append([y, *torch.autograd.grad(y.float().square().sum(), (x,))])
    assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))
