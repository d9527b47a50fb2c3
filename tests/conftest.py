"""What all tests share: where real data and a browser are, and what a missing one means."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True)  # red for what changed, not for luck
if os.environ.get("CI"):
    settings.load_profile("ci")

FASHION = Path("/usr/share/datasets/fashion-mnist")


def need(found: bool, reason: str) -> None:
    """Skip a test for want of something that is not installed; in CI that is a failure."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must install it: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def fashion_mnist() -> Path:
    """The folder of the real Fashion-MNIST files."""
    need(FASHION.is_dir(), "Debian package dataset-fashion-mnist is not installed")
    return FASHION


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium browser."""
    path = shutil.which("chromium")
    need(path is not None, "Debian package chromium is not installed")
    return str(path)
