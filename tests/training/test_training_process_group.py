"""Processes that train one network together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autocnn.training import ProcessGroup
from autocnn.training.balance import Balance
from autocnn.training.process_group import new_address

T = TypeVar("T")


def together(size: int, work: Callable[[ProcessGroup], T]) -> list[T]:
    """What each of so many ranks finds, each in a thread of its own."""
    address, found = new_address(), dict[int, T]()

    def run(rank: int) -> None:
        group = ProcessGroup(rank, size, address)
        found[rank] = work(group)
        group.close()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return [found[rank] for rank in range(size)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_all_get_the_mean_and_what_rank_0_said(size: int) -> None:
    def work(group: ProcessGroup) -> tuple[str, list[torch.Tensor]]:
        last = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
        tensors = [torch.full((2, 3), float(group.rank)), torch.tensor(1.0), last * group.rank]
        said = group.broadcast(f"rank {group.rank}")
        group.all_reduce(tensors)
        return said, tensors

    mean = (size - 1) / 2
    for said, (first, second, third) in together(size, work):
        assert said == "rank 0"
        assert torch.equal(first, torch.full((2, 3), mean))
        assert second.item() == 1
        assert torch.equal(third, mean * torch.arange(24.0).reshape(1, 2, 3, 4))


def test_no_round_disturbs_another() -> None:
    def work(group: ProcessGroup) -> list[float]:
        found = []
        for step in range(60):
            values = torch.full((10_000 + step // 20,), float(step + group.rank))
            group.all_reduce([values])
            assert values.min() == values.max()
            found.append(values[0].item())
        return found

    for found in together(3, work):
        assert found == [step + 1 for step in range(60)]


def test_all_know_how_long_each_was_busy() -> None:
    def work(group: ProcessGroup) -> list[float]:
        group.broadcast(None)
        time.sleep(0.05 * group.rank)
        group.all_reduce([torch.zeros(3)])
        return group.busy

    first, second = together(2, work)
    assert first == second
    assert first[1] >= 0.05


def test_the_faster_process_gets_more_of_a_batch_where_time_counts() -> None:
    equal, measured = Balance(2, measured=False), Balance(2, measured=True)
    for _ in range(60):
        for balance in (equal, measured):
            first, end = balance.bounds(240)[1:]
            balance.note(240, [first / 3000, (end - first) / 1000])
    assert equal.bounds(240) == [0, 120, 240]
    assert measured.bounds(240) == [0, 176, 240]  # three to one, in steps of eight
    assert measured.bounds(20) == [0, 10, 20]


def test_the_slowest_process_keeps_a_part() -> None:
    balance = Balance(3, measured=True)
    balance.note(300, [0.001, 0.001, 100.0])
    assert balance.bounds(300) == [0, 136, 264, 300]


@given(st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=16), st.integers(0, 200))
def test_no_process_is_left_without_images(seconds: list[float], more: int) -> None:
    balance, images = Balance(len(seconds), measured=True), 16 * len(seconds) + more
    balance.note(images, seconds)
    bounds = balance.bounds(images)
    assert (bounds[0], bounds[-1]) == (0, images)
    assert min(end - start for start, end in pairwise(bounds)) >= 8


def test_a_partner_that_is_gone_is_noticed() -> None:
    def work(group: ProcessGroup) -> str:
        if group.rank:
            return "gone"
        with pytest.raises((EOFError, ConnectionError)):
            group.all_reduce([torch.zeros(3)])
        return "noticed"

    assert together(2, work) == ["noticed", "gone"]
