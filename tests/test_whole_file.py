"""Files that commands write."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from autocnn.whole_file import write_whole


def test_what_cannot_be_written_whole_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "sheet.html"
    write_whole(path, b"older")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # as a disk that is full
    try:
        with pytest.raises(OSError, match=r"sheet\.html"):
            write_whole(path, bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [each.name for each in tmp_path.iterdir()] == ["sheet.html"]
    assert path.read_bytes() == b"older"
    write_whole(path, b"newer")
    assert path.read_bytes() == b"newer"
