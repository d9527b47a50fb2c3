"""Candidates in little memory."""

from __future__ import annotations

import json
import zlib

from autocnn.space import Candidate
from autocnn.training import read_candidate_json

OPEN = 128
"""So many candidates stand ready, those that were wanted last; others are read anew."""


class Shelf:
    """Keeps a candidate as what its JSON has beside that of the first one, some hundred bytes."""

    def __init__(self) -> None:
        self._first = b""
        self._open: dict[bytes, Candidate] = {}

    def put(self, candidate: Candidate) -> bytes:
        """What to ask `get` with."""
        text = json.dumps(candidate.to_json(), separators=(",", ":")).encode()
        self._first = self._first or text
        packer = zlib.compressobj(zdict=self._first)
        packed = packer.compress(text) + packer.flush()
        return self._keep(packed, candidate)

    def get(self, packed: bytes) -> Candidate:
        """The candidate that was put there, or one that equals it."""
        found = self._open.pop(packed, None)
        if found is None:
            text = zlib.decompressobj(zdict=self._first).decompress(packed)
            found = read_candidate_json(json.loads(text))
        self._keep(packed, found)
        return found

    def _keep(self, packed: bytes, candidate: Candidate) -> bytes:
        self._open[packed] = candidate  # the last one wanted stands last
        if len(self._open) > OPEN:
            del self._open[next(iter(self._open))]
        return packed
