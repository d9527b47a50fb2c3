"""The real language, which every test of it needs."""

import pytest

from autocnn.api import language as whole_language


@pytest.fixture(scope="session")
def language():
    return whole_language()
