"""Processes that train one network together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import pytest
import torch

from autocnn.training import ProcessGroup
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


def test_a_partner_that_is_gone_is_noticed() -> None:
    def work(group: ProcessGroup) -> str:
        if group.rank:
            return "gone"
        with pytest.raises((EOFError, ConnectionError)):
            group.all_reduce([torch.zeros(3)])
        return "noticed"

    assert together(2, work) == ["noticed", "gone"]
