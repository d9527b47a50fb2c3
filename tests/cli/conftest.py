"""One finished study on real data, made by the command itself, for all tests of commands."""

from __future__ import annotations

import pytest
from finished_study import SPACE, Answer, Command, Study

from autocnn.cli import main


@pytest.fixture
def autocnn(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line in this process."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    (folder / "tiny.yaml").write_text(SPACE)
    store = f"sqlite:///{folder}/studies/autocnn.db"
    return Study(folder, main(["search", str(folder / "tiny.yaml"), "--store", store, "--quiet"]))
