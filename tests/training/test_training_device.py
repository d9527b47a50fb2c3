"""Training elsewhere than on the CPU, as far as that can be told without a GPU."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autocnn.data import Dataset
from autocnn.training import Plan, compiling, gpus, loop, measure_plan, train
from autocnn.training.gpus import VISIBLE, gpu_count, visible_gpu
from autocnn.training.plan import KINDS


def tracing(test: Callable[..., None]) -> Callable[..., None]:
    """What torch warns of while it traces a function of our own with a gradient of its own."""
    for text in ("The .grad attribute of a Tensor", ".*Function.* should not be instantiated"):
        test = pytest.mark.filterwarnings(f"ignore:{text}")(test)
    return test


@pytest.mark.slow
def test_trainings_on_another_device() -> None:
    """In a process of its own, for which torch knows one more device."""
    cases = Path(__file__).with_name("device_cases.py")
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", str(cases)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.fixture
def four_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch says where there are four."""
    monkeypatch.setattr(gpus, "DRIVERS", ("/",))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    monkeypatch.delenv(VISIBLE, raising=False)


@pytest.mark.usefixtures("four_gpus")
@pytest.mark.parametrize("low", [True, False])
def test_the_plan_for_a_gpu_is_not_measured(
    low: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: low)
    plan = measure_plan(tmp_path)
    precision = "bfloat16" if low else "float32"
    assert {getattr(plan, kind) for kind in KINDS} == {precision}
    assert (plan.device, plan.layout, plan.loops) == ("cuda", "channels_last", "torch")
    assert not list(tmp_path.iterdir())


def test_there_is_no_gpu_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "DRIVERS", ("/dev/none",))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: pytest.fail("torch was asked"))
    assert gpu_count() == 0


@pytest.mark.usefixtures("four_gpus")
@pytest.mark.parametrize(
    ("listed", "seen"),
    [(None, ["0", "1", "2", "3", "0"]), ("6,GPU-a1, 2,3", ["6", "GPU-a1", "2", "3", "6"])],
)
def test_each_worker_sees_one_of_the_visible_gpus(
    listed: str | None, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if listed is not None:
        monkeypatch.setenv(VISIBLE, listed)
    assert [visible_gpu(number) for number in range(5)] == seen


@tracing
def test_a_compiled_network_learns_the_same_bits(
    quadrants: Dataset,
    make_candidate: Callable,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[type-arg]
) -> None:
    """With a backend that traces and compiles nothing."""
    candidate, settings = make_candidate(), {"seed": 5, "until": 128, "plan": Plan()}
    (plain,) = train(candidate, quadrants, **settings)
    monkeypatch.setattr(compiling, "BACKEND", "eager")
    monkeypatch.setattr(loop, "is_worth_compiling", lambda *_: True)
    (point,) = train(candidate, quadrants, full=True, **settings)
    assert point.state.module._compiled_call_impl is not None  # type: ignore[attr-defined]
    found, expected = point.state.document()["model"], plain.state.document()["model"]
    assert list(found) == list(expected)
    assert not [name for name, tensor in expected.items() if not torch.equal(found[name], tensor)]


@tracing
def test_what_cannot_be_compiled_is_trained_as_it_is(
    quadrants: Dataset, make_candidate: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate, settings = make_candidate(), {"seed": 5, "until": 64, "plan": Plan()}
    (plain,) = train(candidate, quadrants, **settings)

    def fail(*_: object) -> None:
        raise RuntimeError("Cannot find a working triton installation.\nMore of it.")

    monkeypatch.setattr(compiling, "BACKEND", fail)
    monkeypatch.setattr(loop, "is_worth_compiling", lambda *_: True)
    with pytest.warns(UserWarning, match="without compiling it: .*working triton"):
        (point,) = train(candidate, quadrants, full=True, **settings)
    found, expected = point.weights(), plain.weights()
    assert not [name for name, tensor in expected.items() if not torch.equal(found[name], tensor)]


def test_only_long_trainings_on_a_gpu_are_compiled(make_candidate: Callable) -> None:
    candidate, long = make_candidate(), 10**12
    assert compiling.is_worth_compiling(candidate, long, Plan(device="cuda"))
    assert not compiling.is_worth_compiling(candidate, 10_000, Plan(device="cuda"))
    assert not compiling.is_worth_compiling(candidate, long, Plan())
