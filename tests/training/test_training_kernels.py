"""The compiled loops against torch: forward, backward, what they leave alone."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from autocnn.network import build
from autocnn.training import Plan
from autocnn.training.kernels.conv import FastConv2d
from autocnn.training.kernels.fuse import FusedReLU, fuse
from autocnn.training.kernels.tiles import available
from autocnn.training.precision import arithmetic, follow


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


def fast(module: nn.Module, plan: Plan) -> nn.Module:
    return follow(copy.deepcopy(module), plan)


WINDOWS = [
    (kernel, stride, padding, ceil)
    for kernel, stride, ceil in itertools.product(
        (1, 2, 3, (2, 3), (3, 1)), (1, 2, 3, (2, 1)), (False, True)
    )
    for padding in ((0, 1) if kernel in (2, 3) else (0,))
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "ceil"), WINDOWS)
def test_max_pooling_is_that_of_torch(kernel, stride, padding, ceil, low: Plan) -> None:
    plain = nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil)
    for height, width, channels in ((7, 6, 3), (3, 8, 40), (6, 6, 16)):
        x = maps(3, channels, height, width)
        with torch.no_grad():
            x[0, 0] = -torch.inf
            x[1, :, 1, 2] = torch.nan
            x[1, 1, :, 0] = -x[1, 1, 1, 2]  # a NaN with the other sign
            x[2, :, :2] = 1.0  # ties
        expected, found = plain(x), fast(plain, low)(x)
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
def test_batch_norm_is_that_of_torch(
    shape, shift: float, scale: float, rectified: bool, low: Plan
) -> None:
    norm = nn.BatchNorm2d(shape[1], eps=1e-3, momentum=0.3)
    nn.init.uniform_(norm.weight, -1, 1)
    nn.init.uniform_(norm.bias, -1, 1)
    parts = [norm, nn.ReLU()] if rectified else [norm]
    ours = fast(nn.Sequential(*parts), low)
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


needs_tiles = pytest.mark.skipif(not available(), reason="the processor has no matrix tiles")

CONVOLUTIONS = [
    (kernel, stride, padding, dilation)
    for kernel, stride, padding in itertools.product(
        (1, 2, 3, (1, 5), (4, 3)), (1, 2, 3, (3, 2)), (0, 1, (0, 2))
    )
    for dilation in ((1, 2) if kernel in (2, (1, 5)) else (1,))
]


@needs_tiles
@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), CONVOLUTIONS)
def test_gradients_of_weights_by_tiles_are_exact(
    kernel, stride, padding, dilation, low: Plan
) -> None:
    for images, height, width, channels, filters in ((3, 9, 10, 32, 64), (17, 5, 9, 64, 32)):
        conv = nn.Conv2d(channels, filters, kernel, stride, padding, dilation)
        x = maps(images, channels, height, width)
        rounded = [p.detach().bfloat16().double().requires_grad_() for p in conv.parameters()]
        expected = conv2d(x.double(), *rounded, stride, padding, dilation)
        given = torch.randn(expected.shape).bfloat16()
        exact = torch.autograd.grad(expected, (x, *rounded), given.double())
        with arithmetic(low):
            ours = fast(conv, low)
            found = torch.autograd.grad(ours(x), (x, *ours.parameters()), given)
        assert type(ours) is FastConv2d
        torch.testing.assert_close(found[1].double(), exact[1], rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(found[2].double(), exact[2], rtol=1e-5, atol=1e-4)
        assert (found[0].double() - exact[0]).norm() <= 0.01 * exact[0].norm()


@needs_tiles
def test_tiles_leave_what_torch_computes_beside_them_alone(low: Plan) -> None:
    conv, x = nn.Conv2d(32, 32, 3, padding=1), maps(4, 32, 8, 8)
    with arithmetic(low):
        before = conv(x)
        ours = fast(conv, low)
        for _ in range(3):
            torch.autograd.grad(ours(x).sum(), ours.weight)
            assert torch.equal(conv(x), before)


@needs_tiles
@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(32, 48, 3),
        nn.Conv2d(32, 64, 3, groups=2),
        nn.Conv2d(32, 32, 3, padding="same"),
        nn.Conv2d(32, 32, 3, padding=1, padding_mode="reflect"),
    ],
)
def test_only_convolutions_that_fit_use_tiles(conv: nn.Conv2d, low: Plan) -> None:
    assert not isinstance(fast(conv, low), FastConv2d)


def test_a_nan_goes_through_norm_and_relu(low: Plan) -> None:
    ours = fast(nn.Sequential(nn.BatchNorm2d(4), nn.ReLU()), low)
    x = maps(2, 4, 3, 3)
    with torch.no_grad():
        x[0, 1, 2, 2] = torch.nan
    found = ours(x)
    assert found.isnan().all(dim=(0, 2, 3)).tolist() == [False, True, False, False]
    assert torch.autograd.grad(found.sum(), x)[0].isnan().any()


@pytest.mark.parametrize("module", [nn.MaxPool2d(2), nn.BatchNorm2d(8)])
def test_what_the_loops_do_not_take_is_left_to_torch(module: nn.Module, low: Plan) -> None:
    ours = fast(module, low)
    x = maps(4, 8, 6, 6)
    for other in (x.float(), x.contiguous(), x[:, :, ::2], x[:, :, :, 1:]):
        assert torch.equal(module(other), ours(other))
    torch.set_num_threads(2)
    assert torch.equal(module(x), ours(x))


def test_one_value_per_channel_is_refused_as_by_torch(low: Plan) -> None:
    with pytest.raises(ValueError, match="more than 1 value"):
        fast(nn.BatchNorm2d(4), low)(maps(1, 4, 1, 1))


class Own(nn.Module):
    """A user's layer that does not run its parts in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.body[0](self.body[1](x))


def test_only_a_relu_that_surely_follows_a_norm_is_fused(make_candidate, low: Plan) -> None:
    module = nn.Sequential(nn.Sequential(nn.BatchNorm2d(4)), nn.ReLU(), nn.ReLU(), Own())
    x = maps(3, 4, 5, 5)
    expected, ours = module(x), fast(module, low)
    fused = [type(part) is FusedReLU for part in ours.modules() if isinstance(part, nn.ReLU)]
    assert fused == [True, False, False]
    torch.testing.assert_close(ours(x), expected, rtol=2**-6, atol=0.02)
    plain = build(make_candidate().architecture)
    network = copy.deepcopy(plain)
    fuse(network, tiles=True)
    assert list(plain.state_dict()) == list(network.state_dict())
    assert not {type(part) for part in network.modules()} & {nn.BatchNorm2d, nn.MaxPool2d}
    x = torch.randn(2, *make_candidate().architecture.shape)
    assert torch.equal(plain.eval()(x), network.eval()(x))


def test_the_same_input_gives_the_same_bits(low: Plan) -> None:
    parts = nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(32, 64, 3, bias=False)
    module, x, runs = fast(nn.Sequential(*parts), low), maps(40, 32, 9, 9), []
    for _ in range(2):
        ours = copy.deepcopy(module)
        with arithmetic(low):
            y = ours(x)
        given = (x, *ours.parameters())
        runs.append([y, *torch.autograd.grad(y.float().square().sum(), given)])
    assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))
