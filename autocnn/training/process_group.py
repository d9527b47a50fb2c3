"""Processes of one machine that train one network together, each on its part of every batch."""

from __future__ import annotations

import math
import os
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import current_process
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that the others wait for rank 0, which may still be importing torch."""

POLL = 0.01


class ProcessGroup:
    """One of `size` processes; all of them call the same methods in the same order.

    Each adds up what all wrote into memory that they share, in the order of their ranks: all go on
    with the same bits, and the same ones each time. `address` is where they meet, from
    `new_address`. Where a process is gone, its partners get an EOFError or a ConnectionError.
    """

    def __init__(self, rank: int = 0, size: int = 1, address: str = ""):
        self.rank, self.size = rank, size
        self.busy = [0.0] * size
        self._since = 0.0
        self._parts: Tensor | None = None
        self._turn = 0
        if size == 1:
            self._others = list[Connection]()
        else:
            self._others = _accept(address, size) if rank == 0 else [_connect(address, rank)]

    def broadcast(self, value: T) -> T:
        """The value that rank 0 gave."""
        if self.rank:
            value = self._others[0].recv()
        for other in self._others if not self.rank else ():
            other.send(value)
        self._since = time.monotonic()
        return value

    def all_reduce(self, tensors: Sequence[Tensor]) -> None:
        """Replace each float32 tensor by its mean over the group; all must agree in shapes."""
        if self.size == 1:
            return
        busy = torch.zeros(self.size)
        busy[self.rank] = self.size * (time.monotonic() - self._since)
        tensors = [*tensors, busy]
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors]).cpu()
        if self._parts is None or self._parts.shape[2] != len(flat):
            self._parts = self._share(len(flat))
        parts = self._parts[self._turn]
        self._turn = 1 - self._turn
        parts[self.rank] = flat
        self._meet()
        mean = torch.sum(parts, 0, out=flat).div_(self.size)
        means = mean.split([t.numel() for t in tensors])  # type: ignore[no-untyped-call]
        for tensor, part in zip(tensors, means, strict=True):
            tensor.copy_(part.view(tensor.shape))
        self.busy, self._since = busy.tolist(), time.monotonic()

    def _share(self, values: int) -> Tensor:
        """Memory that all have `(2, size, values)`: nobody waits until all have read the last."""
        shape = 2, self.size, values
        path = "" if self.rank else _new_file(4 * math.prod(shape))
        try:
            given = self.broadcast(path)
            memory = torch.from_file(given, shared=True, size=math.prod(shape)).reshape(shape)
            self._meet()
        finally:
            if path:
                with suppress(OSError):  # Windows keeps what is in use
                    os.unlink(path)
        return memory

    def _meet(self) -> None:
        """Wait until all have come here."""
        if self.rank:
            self._others[0].send_bytes(b"")
            self._others[0].recv_bytes()
            return
        for other in self._others:
            other.recv_bytes()
        for other in self._others:
            other.send_bytes(b"")

    def close(self) -> None:
        """Hang up."""
        for other in self._others:
            other.close()


def new_address() -> str:
    """A meeting point for a new group."""
    if os.name == "nt":
        return rf"\\.\pipe\autocnn-{uuid.uuid4().hex}"
    return str(Path(tempfile.mkdtemp(prefix="autocnn-")) / "group")


def _new_file(size: int) -> str:
    """A file of so many bytes that are there for certain: in memory, else on the disk."""
    try:
        return _file_in("/dev/shm", size)
    except OSError:  # not there, or too small
        return _file_in(tempfile.gettempdir(), size)


def _file_in(folder: str, size: int) -> str:
    handle, path = tempfile.mkstemp(prefix="autocnn-", dir=folder)
    with os.fdopen(handle, "wb") as file:
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, 0, size)
            else:
                file.truncate(size)
        except OSError:
            os.unlink(path)
            raise
    return path


def _accept(address: str, size: int) -> list[Connection]:
    """The connections to ranks 1, 2, ..."""
    found = dict[int, Connection]()
    with Listener(address, backlog=size, authkey=current_process().authkey) as listener:
        while len(found) < size - 1:
            connection = listener.accept()
            found[connection.recv()] = connection
    if os.name != "nt":
        Path(address).parent.rmdir()
    return [found[rank] for rank in range(1, size)]


def _connect(address: str, rank: int) -> Connection:
    """The connection to rank 0, once it listens."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection = Client(address, authkey=current_process().authkey)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() >= until:
                raise
            time.sleep(POLL)
        else:
            connection.send(rank)
            return connection
