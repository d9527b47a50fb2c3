"""Every optimizer learns real digits, decays what it says, and goes on bit for bit."""

from __future__ import annotations

import io
import sys
from functools import partial
from typing import Any, get_args

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from autocnn.api import load_space
from autocnn.errors import SpaceError
from autocnn.space import read_candidate
from autocnn.space.language import Language
from autocnn.training import OPTIMIZERS, Recipe
from autocnn.training.optimizers import Optimizer, Other
from autocnn.training.optimizers.optimizer import PEAK
from autocnn.training.optimizers.other import Name
from autocnn.training.steps.conv_muon import ConvMuon

RATES = {
    "adai": 0.2, "adamg": 0.3, "adamod": 1.0, "aida": 0.1, "asgd": 0.2, "avagrad": 0.3,
    "dadaptadam": 1.0, "dadaptsgd": 3.0, "fromage": 0.05, "lamb": 0.02, "lars": 3.0, "lion": 0.01,
    "msvag": 0.2, "nero": 0.05, "padam": 0.2, "pid": 0.2, "pnm": 1.0, "prodigy": 1.0, "qhm": 0.2,
    "radam": 0.1, "ranger": 0.3, "sgdp": 0.2, "shampoo": 0.2, "swats": 0.01,
}  # fmt: skip
"""Learning rates for forty steps, where that of Adam or the default is none for so few."""

NAMED = [Other(name=name, lr=RATES.get(name, 5e-3)) for name in get_args(Name)]
OWN = [
    OPTIMIZERS[word].model_validate({"lr": RATES[word]} if word in RATES else {})
    for word in OPTIMIZERS
    if word != "other"
]
ALL = [*OWN, *NAMED]
STEPS = 40


def name_of(options: Optimizer) -> str:
    return options.name if isinstance(options, Other) else options.word


@pytest.fixture(scope="module")
def digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images[:256], dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    return x.to(memory_format=torch.channels_last), torch.tensor(labels[:256])


class Training:
    """A small network on digits, one step at a time."""

    def __init__(self, options: Optimizer, data: tuple[Tensor, Tensor]):
        torch.manual_seed(0)
        self.module = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 8, 3, 2, 1, groups=8, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Flatten(), nn.Linear(128, 10),
        ).to(memory_format=torch.channels_last)  # fmt: skip
        self.options, self.data = options, data
        self.optimizer = options.over(self.module)

    def gradient(self) -> float:
        images, labels = self.data
        loss = nn.functional.cross_entropy(self.module(images), labels)
        loss.backward()
        return loss.item()

    def step(self, factor: float = 1.0) -> float:
        loss = self.gradient()
        self.options.set_factor(self.optimizer, factor)
        if self.options.twice:
            self.optimizer.step(self.gradient)
        else:
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss

    def state(self) -> dict[str, Any]:
        return {"module": self.module.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        self.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    loaded: dict[str, Any] = torch.load(file, weights_only=True)
    return loaded


@pytest.mark.parametrize("options", ALL, ids=name_of)
def test_the_loss_on_digits_goes_down(options: Optimizer, digits) -> None:
    training = Training(options, digits)
    losses = [training.step(1 - k / STEPS) for k in range(STEPS)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("options", NAMED, ids=name_of)
def test_one_by_name_goes_on_from_a_file_bit_for_bit(options: Optimizer, digits) -> None:
    factors = [1.0, 0.9, 0.7, 0.7, 0.3, 0.1]
    straight, first, second = (Training(options, digits) for _ in range(3))
    for factor in factors[:3]:
        straight.step(factor)
        first.step(factor)
    second.load(through_a_file(first.state()))
    for factor in factors[3:]:
        straight.step(factor)
        second.step(factor)
    expected, found = straight.state(), second.state()
    assert all(map(torch.equal, expected["module"].values(), found["module"].values()))
    assert str(expected["optimizer"]) == str(found["optimizer"])


@pytest.mark.parametrize("options", OWN, ids=name_of)
@pytest.mark.parametrize("every", [False, True])
def test_norms_and_biases_decay_only_if_asked(options: Optimizer, every: bool, digits) -> None:
    moved = {}
    for decay in (0.0, 0.5):
        given = options.to_json() | {"weight_decay": decay, "decay_all": every}
        training = Training(type(options).model_validate(given), digits)
        module, optimizer = training.module, training.optimizer
        for parameter in module.parameters():
            nn.init.constant_(parameter, 0.7)
        for _ in range(2):
            give_gradients(module)
            optimizer.step(partial(give_gradients, module) if options.twice else None)
        moved[decay] = [parameter.mean().item() for parameter in module.parameters()]
    for parameter, free, decayed in zip(module.parameters(), moved[0.0], moved[0.5], strict=True):
        # By signs alone, a decay in the direction of the gradient changes nothing.
        reached = (every or parameter.ndim >= 2) and options.word != "rprop"
        assert (decayed != free) == reached


def give_gradients(module: nn.Module) -> None:
    for parameter in module.parameters():
        parameter.grad = torch.full_like(parameter, 0.1)


@pytest.mark.parametrize("options", OWN, ids=name_of)
def test_the_schedule_reaches_every_group_or_none(options: Optimizer, digits) -> None:
    training = Training(options, digits)
    options.set_factor(training.optimizer, 0.25)
    for group in training.optimizer.param_groups:
        assert group["lr"] == group[PEAK] * (0.25 if options.scheduled else 1)


@pytest.mark.parametrize("shape", [(6, 4, 3, 3), (6, 1, 3, 3), (6, 4, 1, 1), (4, 20, 1, 3)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_muon_steps_are_nearly_orthogonal_in_every_layout(shape, layout) -> None:
    torch.manual_seed(0)
    weight = nn.Parameter(torch.randn(shape).to(memory_format=layout))
    before = weight.detach().clone()
    optimizer = ConvMuon([{"params": [weight]}], lr=1.0, weight_decay=0.0)
    weight.grad = torch.randn(shape)
    optimizer.step()
    step = (weight.detach() - before).flatten(1)
    step /= max(1.0, shape[0] / step[0].numel()) ** 0.5
    singular = torch.linalg.svdvals(step)
    assert singular.min() > 0.3
    assert singular.max() < 1.5
    optimizer.zero_grad()
    assert weight.grad is None


def test_two_layouts_take_the_same_step_of_muon() -> None:
    found = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        weight = nn.Parameter(torch.randn(6, 4, 3, 3).to(memory_format=layout))
        optimizer = ConvMuon([{"params": [weight]}], lr=0.1, weight_decay=0.0)
        weight.grad = torch.randn(6, 4, 3, 3)
        optimizer.step()
        found.append(weight.detach().contiguous())
    torch.testing.assert_close(*found, atol=2e-3, rtol=0)  # inside it is bfloat16


SPACE = {
    "data": {"shape": [1, 8, 8], "classes": 10},
    "architecture": ["flatten", {"linear": {"units": 10, "activation": "none"}}],
}


@pytest.mark.parametrize(
    "optimizer",
    ["sam", {"ftrl": {"lr": 0.1}}, {"choice": {"other": {"name": "lamb"}, "sgd": {}}}],
)
def test_what_is_not_installed_is_named_with_its_extra(optimizer, monkeypatch) -> None:
    document = SPACE | {"training": {"optimizer": optimizer}}
    space = load_space(document)
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    with pytest.raises(SpaceError, match=r"needs more: pip install 'autocnn\[optimizers\]'"):
        load_space(document)
    with pytest.raises(SpaceError, match=r"pip install 'autocnn\[optimizers\]'"):
        OPTIMIZERS["sam"]().over(nn.Linear(2, 2))
    if isinstance(optimizer, dict) and "choice" in optimizer:
        return
    known = space.language
    read = Language(known.layers, known.recipe, {}, known.sections, trained=False)
    assert isinstance(read_candidate(document, read).training, Recipe)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"name": "adamv"}, "adam"),
        ({"name": "lamb", "options": {"lr": 1.0}}, "'lr' cannot be one of these options"),
        ({"name": "lamb", "options": {"betas": [[0.9]]}}, "'betas' must be a number, word"),
        ({"name": "lamb", "options": 3}, "expected a mapping of options"),
    ],
)
def test_options_by_name_are_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        Other.model_validate(options)


def test_options_by_name_reach_the_optimizer() -> None:
    options = Other.model_validate({"name": "lamb", "options": {"betas": [0.8, 0.9]}})
    assert options == Other.model_validate(options.to_json())
    assert hash(options) == hash(Other.model_validate(options.to_json()))
    assert options.over(nn.Linear(2, 2)).param_groups[0]["betas"] == (0.8, 0.9)
