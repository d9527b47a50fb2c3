"""What only a process of its own shows: start, exit codes, signals, closed streams."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from finished_study import SPACE, Study

from autocnn.cli.exits import Terminated, run

HEAVY = {
    "torch",
    "optuna",
    "pandas",
    "sqlalchemy",
    "plotly",
    "pydantic",
    "numpy",
    "sklearn",
    "PIL",
}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "autocnn", *map(str, words)]


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in result.stdout.splitlines()[-1].split()}


def test_nothing_heavy_is_imported_for_help() -> None:
    assert not loaded_by("import autocnn") & HEAVY
    assert not loaded_by("from autocnn.cli import main; main(['--help'])") & HEAVY


@pytest.mark.parametrize(
    "words", [["layers"], ["schema"], ["check", "SPACE"], ["describe", "SPACE"]]
)
def test_the_language_needs_no_torch(words: list[str], study: Study) -> None:
    words = [str(study.space) if word == "SPACE" else word for word in words]
    assert "torch" not in loaded_by(f"from autocnn.cli import main; main({words})")


def test_public_names_are_there_and_named_once() -> None:
    import autocnn

    for name in autocnn.__all__:
        assert getattr(autocnn, name) is not None
        assert name in dir(autocnn)
    packages = {path.name for path in Path(autocnn.__file__).parent.iterdir() if path.is_dir()}
    assert not packages & set(autocnn.__all__)
    with pytest.raises(AttributeError, match="no attribute 'serch'"):
        autocnn.serch  # noqa: B018


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
@pytest.mark.parametrize("columns", ["20", "80"])
def test_any_terminal(environment: dict[str, str], columns: str, study: Study) -> None:
    base = {"PATH": os.environ["PATH"], "COLUMNS": columns}
    for words in (
        ["--help"],
        ["describe", "tiny", "--store", study.store],
        ["trials", "tiny", "--store", study.store],
    ):
        result = subprocess.run(
            command(*words), capture_output=True, env=base | environment, check=False
        )
        assert (result.returncode, result.stderr) == (0, b"")
        result.stdout.decode("utf-8")


def test_a_reader_that_leaves_is_no_error(study: Study) -> None:
    for words in (
        ["--help"],
        ["layers"],
        ["describe", "tiny", "--store", study.store],
        ["schema"],
    ):
        process = subprocess.Popen(
            command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout
        process.stdout.close()
        _, said = process.communicate()
        assert (process.returncode, said) == (0, "")


def test_closed_streams_are_no_error(study: Study) -> None:
    words = command("trials", "tiny", "--store", study.store)
    shell = 'exec "$@" >&- 2>&- <&-'
    assert subprocess.run(["sh", "-c", shell, "sh", *words], check=False).returncode == 0


def test_a_bug_is_saved_and_its_place_told(tmp_path: Path) -> None:
    code = (
        "import sys, autocnn.cli.language as l; from autocnn.cli import main\n"
        "sys.argv += ['--store=postgresql://me:hun ter2@h/db?sslpassword=hunter2']\n"
        "l._things = lambda: 1 / 0\nsys.exit(main(['layers']))"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == 7
    assert "Traceback" not in result.stderr
    path = re.search(r"traceback saved to (\S+)", result.stderr)
    assert path
    saved = Path(path[1]).read_text()
    assert "ZeroDivisionError" in saved
    assert "'--store=postgresql://***'" in saved
    assert "ter2" not in saved


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_says_how_to_continue(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    (tmp_path / "tiny.yaml").write_text(SPACE.replace("epochs: 2", "epochs: 500"))
    words = command("search", "tiny.yaml", "--set", "budget.trials=1")
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if "1 running" in line:
            break
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == code
    again = re.search(r"continue with: autocnn (search tiny.yaml --study tiny .*)", said)
    assert again
    shown = subprocess.run(
        command("studies", "--json"), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert '"state": "interrupted"' in shown.stdout


@pytest.mark.parametrize(("came", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
def test_an_interruption_that_a_library_wraps_is_no_bug(
    came: type[BaseException], code: int
) -> None:
    app = typer.Typer()

    @app.command()
    def work() -> None:
        raise ValueError("while it wrote options") from came()

    assert run(app, []) == code


def test_a_signal_before_the_search_ends_it_too(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(SPACE)
    process = subprocess.Popen(
        command("search", "tiny.yaml"), cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    time.sleep(0.8)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Traceback" not in said
