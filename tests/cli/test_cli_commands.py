"""Every command, called as a user would, on real data."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import runpy
import secrets
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import optuna
import pytest
import torch
from finished_study import Command, Study
from PIL import Image
from sklearn.datasets import load_digits
from typer.main import get_command

from autocnn import cost
from autocnn.api import open_study
from autocnn.cli.app import app
from autocnn.cli.terminal import Terminal
from autocnn.errors import Problem, SpaceError
from autocnn.reuse import load_bundle
from autocnn.store import open_store

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_the_commands_are_those_of_the_design() -> None:
    assert set(COMMANDS) == {
        "search", "new", "check", "describe", "train", "finetune", "studies", "trials", "best",
        "report", "export-optuna", "predict", "evaluate", "export", "data", "schema", "layers",
        "audit", "dashboard",
    }  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_that_exists(autocnn: Command, name: str) -> None:
    said = autocnn(name, "--help")
    assert said.code == 0
    assert f"Example: autocnn {name}" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("name", "extra"),
    [("dashboard", "dashboard"), ("export", "onnx"), ("report", "pictures")],
)
def test_help_names_what_must_be_installed(autocnn: Command, name: str, extra: str) -> None:
    assert f"autocnn[{extra}]" in autocnn(name, "--help").out


@pytest.mark.parametrize("name", COMMANDS)
def test_common_options(name: str) -> None:
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--json", "--quiet", "--verbose"} <= options


def test_search_a_finished_study_shows_its_result(autocnn: Command, study: Study) -> None:
    assert study.code == 0
    said = autocnn("search", study.space, "--store", study.store)
    assert said.code == 0
    assert "the study 'tiny' was finished before" in said.out
    for part in (
        "conv 3\N{MULTIPLICATION SIGN}3",
        "parameters",
        "depth 2",
        "validation accuracy",
        "test       accur",
    ):
        assert part in said.out
    assert re.search(r"95 % Wilson interval over 359 images: \d+\.\d\d to \d+\.\d\d %", said.out)
    for name in ("bundle", "report"):
        path = re.search(rf"^{name} +(.*)$", said.out, re.MULTILINE)
        assert path
        assert Path(path[1]).exists()
    assert max(map(len, said.out.splitlines()[1:12])) <= 80


def test_audit_says_what_is_missing(autocnn: Command, study: Study) -> None:
    said = autocnn("audit", "tiny", "--store", study.store)
    assert said.code == 0
    assert "tiny: 2 trials trained to their end" in said.out
    assert "too little to tell" in said.out
    assert autocnn("audit", "tiny", "--store", study.store, "--json").json["complete"] == 2


def test_search_as_json(autocnn: Command, study: Study) -> None:
    said = autocnn("search", study.space, "--store", study.store, "--json")
    assert said.json["already_finished"] is True
    assert said.json["scores"]["test"]["images"] == 359
    assert said.json["candidate"]["data"] == {"shape": [1, 8, 8], "classes": 10}


def test_search_refuses_a_changed_space(autocnn: Command, study: Study) -> None:
    said = autocnn(
        "search", study.space, "--store", study.store, "--set", "training.batch_size=32"
    )
    assert said.code == 2
    assert "training.batch_size: 64 -> 32" in said.err
    assert "--new" in said.err


def test_search_needs_a_space_or_data(autocnn: Command) -> None:
    said = autocnn("search")
    assert (said.code, "--data SOURCE" in said.err) == (2, True)


@pytest.mark.parametrize("name", ["mine.yaml", "a&b:c.yaml"])
def test_new_writes_a_space_that_checks(autocnn: Command, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    said = autocnn("new", file, "--data", "digits")
    assert (said.code, f"autocnn search {file}" in said.out) == (0, True)
    assert autocnn("check", file, "--samples", 20).code == 0
    assert autocnn("new", file, "--data", "digits").code == 2
    assert autocnn("new", file, "--data", "digits", "--force", "--quiet").code == 0


def test_new_takes_options_of_the_data_alone(autocnn: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    given = ("--set", "dat.size=8", "--set", "search.seed=1", "--set", "data.seed=1")
    said = autocnn("new", file, "--data", "digits", *given)
    assert said.code == 2
    assert "dat.size: expected an option of the data (did you mean 'data.size'?)" in said.err
    assert "search.seed: expected an option of the data" in said.err
    assert not file.exists()


def test_check(autocnn: Command, study: Study) -> None:
    said = autocnn("check", study.space)
    assert said.code == 0
    assert "1 hole, 2 fillings" in said.out
    assert "2 are networks, 2 of them keep the constraints" in said.out
    found = autocnn("check", study.space, "--json").json
    assert (found["fillings"], found["feasible"], found["problem"]) == (2, 2, None)
    for name in ("params", "macs", "batch_bytes", "epoch_seconds"):
        assert 0 < found[name][0] < found[name][1]
    assert (found["uncovered"], found["idle"], found["discrete_fillings"]) == ([], [], 2)
    hole = "architecture.0.conv.channels"
    closed = autocnn("check", study.space, "--set", f"{hole}=8").out
    assert "no holes, for images" in closed
    assert "one network, it keeps the constraints\n  params 178\n" in closed


def test_check_says_what_changes_nothing(autocnn: Command, study: Study) -> None:
    given = ("check", study.space, "--set", "search.inherit=true", "--set")
    said = autocnn(*given, "search.strategy=tpe")
    assert "warning: search.inherit changes nothing: 'tpe' makes no candidate" in said.out
    assert autocnn(*given, "search.strategy=local_search", "--json").json["warnings"] == []


def test_check_judges_first_candidates_and_lists_the_holes(
    autocnn: Command, study: Study, tmp_path: Path
) -> None:
    start = "search.start.candidates"
    said = autocnn("check", study.space, "--set", f"{start}=[{{channels: 8}}]")
    assert said.code == 2
    hole = "architecture.0.conv.channels"
    assert f"no hole 'channels' (did you mean '{hole}'?); `autocnn check --verbose`" in said.err
    known = tmp_path / "known.yaml"
    text = study.space.read_text(encoding="utf-8")
    known.write_text(text.replace("{choice: [8, 12]}", "24"), encoding="utf-8")
    said = autocnn("check", study.space, "--verbose", "--set", f"{start}=[{known}]")
    assert f"warning: search.start: {known}: no values of the holes" in said.out
    assert f"\n  {hole}: 8, 12\n" in said.out


def test_check_times_a_few_networks_where_latency_counts(
    autocnn: Command, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SpaceError(Problem("A10", "has no ONNX form: no"))

    given = ("check", study.space, "--set", "constraints.latency_ms={max: 1e4, runtime: onnx}")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    low, high = autocnn(*given, "--json").json["latency_ms"]
    assert 0 < low <= high
    said = autocnn(*given, "--set", "constraints.latency_ms.runtime=torch").out
    # Two medians may be equal.
    assert re.search(r"note: latency of 2 networks (from \S+ ms to )?\S+ ms", said)
    assert " by torch, batch 1, 2 within the limit" in said
    monkeypatch.setattr("autocnn.network.onnx_model._runs", refuse)
    said = autocnn(*given).out
    assert (
        "note: 2 of 2 cannot be timed: latency_ms: the network has no ONNX form: no [A10]" in said
    )


def test_check_says_what_is_impossible(autocnn: Command, study: Study) -> None:
    said = autocnn("check", study.space, "--input", "1x1x1", "--classes", 3)
    assert said.code == 2
    assert "[Y26]" in said.err
    assert "impossible" not in said.out
    assert "tiny.yaml:5:5 architecture.1.pool" in said.err
    assert "its input is 8x1x1" in said.err
    patient = ("--set", "objectives.val_accuracy=maximize", "--set", "search.stopping=patience")
    rate = ("--set", 'training.optimizer={"sgd": {"lr": {"float": [0.1, 1.0]}}}')
    inherit = ("--set", "search.inherit=true", "--set", "data.validation={folds: 3}")
    less = ("--set", "search.fidelity.images=0.5", "--set", "data.validation={folds: 3}")
    for strategy, more, text in (
        ("cmaes", (), "'cmaes' moves numbers that every network has, and this space has none"),
        ("bruteforce", rate, "tries every filling, but training.optimizer.sgd.lr has any real"),
        ("random", ("--set", "objectives.params=minimize", *patient), "'patience' follows one"),
        ("default", inherit, "weights are not handed on in a cross-validation"),
        ("default", less, "the result of a cross-validation is that of its trials"),
    ):
        said = autocnn("check", study.space, "--set", f"search.strategy={strategy}", *more)
        assert said.code == 2
        assert text in said.err
        assert "[Y33]" in said.err
    said = autocnn("check", study.space, "--set", "search.strategy=cmaes", *rate)
    assert said.code == 0
    assert "note: 'cmaes' draws 1 of 2 holes at random: architecture.0.conv.channels" in said.out
    said = autocnn("check", study.space, "--set", "constraints.params.max=10")
    assert said.code == 2
    assert "no network of 2 keeps the constraints" in said.err
    assert "[Y31]" in said.err


def test_describe_a_space(autocnn: Command, study: Study) -> None:
    said = autocnn("describe", study.space, "--input", "3x32x32", "--classes", 7)
    assert said.code == 0
    for part in ("architecture.0.conv.channels", "8, 12", "drawn with seed 0", "linear 7"):
        assert part in said.out


def test_describe_gives_every_layer_its_share(autocnn: Command, monkeypatch) -> None:
    classic = "search_spaces/classics/lenet5.yaml"
    found = autocnn("describe", classic, "--json").json
    layers = [row for row in found["table"] if row["params"]]
    assert [row["params"] for row in layers] == [156, 2416, 48120, 10164, 850]
    for thing in ("params", "macs", "activations"):
        assert sum(row["share"][thing] for row in found["table"]) == pytest.approx(1)
    assert layers[0]["share"]["params"] == 156 / 61706
    monkeypatch.setenv("COLUMNS", "120")
    wide = autocnn("describe", classic).out
    for part in ("activations", "field", "14×14", "0.3 %", "61,706 parameters"):
        assert part in wide
    monkeypatch.setenv("COLUMNS", "80")
    assert "of MACs" not in autocnn("describe", classic).out


def test_export_a_file_and_a_trial(autocnn: Command, study: Study, tmp_path: Path) -> None:
    source = tmp_path / "network.py"
    classic = Path(__file__).parents[2] / "search_spaces" / "classics" / "lenet5.yaml"
    for target in (classic, "tiny", "tiny:0"):
        said = autocnn("export", target, "--store", study.store, "-o", source, "--json")
        assert said.json["weights"] is None
        network = runpy.run_path(str(source))["Network"]()
        described = autocnn("describe", target, "--store", study.store, "--json").json
        sizes = [parameter.numel() for parameter in network.parameters()]
        assert sum(sizes) == described["totals"]["params"]
        assert autocnn("export", target, "--store", study.store, "-o", source).code == 2
        source.unlink()
    said = autocnn("export", study.space, "-o", source)
    assert (said.code, source.exists()) == (2, False)
    assert "this hole is open" in said.err


def test_describe_a_study_a_trial_and_a_bundle(
    autocnn: Command, study: Study, tmp_path: Path
) -> None:
    best = autocnn("describe", "tiny", "--store", study.store, "--json").json
    svg = tmp_path / "net.svg"
    said = autocnn("describe", study.bundle, "--json", "--svg", svg)
    assert said.json["candidate"] == best["candidate"]
    assert svg.read_text().startswith("<svg")
    for number in (0, 1):
        assert autocnn("describe", f"tiny:{number}", "--store", study.store).code == 0
    said = autocnn("describe", "tiny:77", "--store", study.store)
    assert (said.code, "trial 77" in said.err) == (2, True)


def test_a_study_may_have_the_name_of_a_folder(
    autocnn: Command, study: Study, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("tiny", "photos"):
        (tmp_path / folder).mkdir()
    for command in ("describe", "export"):
        assert autocnn(command, "tiny", "--store", study.store).code == 0
        said = autocnn(command, "photos", "--store", study.store, "--force")
        assert (said.code, "photos/manifest.json: is missing [A01]" in said.err) == (6, True)


def test_what_is_for_a_file_is_refused_for_a_trained_network(
    autocnn: Command, study: Study, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ("--input", "3x64x64", "--classes", "5", "--set", "architecture.0.conv.channels=8")
    for target in ("tiny:0", study.bundle):
        for command, more in (("describe", ("--seed", "0")), ("export", ())):
            said = autocnn(command, target, "--store", study.store, *given, *more)
            assert (said.code, list(tmp_path.iterdir())) == (2, [])
            for name in [*given[::2], *more[:1]]:
                assert f"{name}: is for a file" in said.err


@pytest.mark.parametrize("workers", [1, 2])
def test_train_makes_a_bundle(
    autocnn: Command, study: Study, tmp_path: Path, workers: int
) -> None:
    best = tmp_path / "best.yaml"
    best.write_text((study.bundle / "architecture.yaml").read_text())
    target = tmp_path / "trained"
    words = ("train", best, "--data", "digits", "-o", target)
    said = autocnn(*words, "--json", "--set", f"search.workers={workers}", "--time", "5m")
    assert said.code == 0
    assert said.json["metrics"][0]["images"] == 143
    assert "epoch 2/2" in said.err
    assert load_bundle(target).document.provenance["workers"] == workers
    assert autocnn("evaluate", target, "digits").code == 0
    assert autocnn(*words).code == 2


def interrupted(terminal: Terminal, text: str) -> None:
    """A Ctrl-C after the first epoch."""
    if text.startswith("epoch"):
        raise KeyboardInterrupt
    print(text, file=sys.stderr)


def test_t11_a_training_that_repeats_is_told(autocnn: Command, study: Study) -> None:
    best = study.bundle / "architecture.yaml"
    said = autocnn("train", best, "--data", "digits", "--check-determinism", "--json")
    assert said.code == 0
    assert said.json["deterministic"]
    assert said.json["resumable"]
    assert said.json["workers"] == 1


def test_t11_a_training_that_does_not_repeat_is_told(
    autocnn: Command, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    best, step = study.bundle / "architecture.yaml", torch.optim.Optimizer.zero_grad

    def spoiled(optimizer: torch.optim.Optimizer, set_to_none: bool = True) -> None:
        step(optimizer, set_to_none)
        optimizer.param_groups[0]["params"][0].data.flatten()[0] += secrets.randbelow(1000) * 1e-5

    monkeypatch.setattr(torch.optim.Optimizer, "zero_grad", spoiled)
    said = autocnn("train", best, "--data", "digits", "--check-determinism")
    assert said.code == 1
    assert "an epoch, trained again: other bits" in said.out


def test_an_interrupted_training_goes_on(
    autocnn: Command, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = study.bundle / "architecture.yaml"
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert autocnn("train", network, "--data", "digits", "-o", whole).code == 0
    monkeypatch.setattr(Terminal, "note", interrupted)
    said = autocnn("train", network, "--data", "digits", "-o", parts)
    monkeypatch.undo()
    assert said.code == 130
    assert [path.suffix for path in tmp_path.glob("parts*")] == [".pt"]
    again = shlex.split(said.err.partition("interrupted; continue with: autocnn ")[2])
    said = autocnn(*again)
    assert said.code == 0
    assert "goes on after epoch 1 of 2" in said.err
    assert "epoch 1/2" not in said.err
    assert list(tmp_path.glob("*.pt")) == []
    assert load_bundle(parts).document.metrics == load_bundle(whole).document.metrics
    weights = [(folder / "weights.safetensors").read_bytes() for folder in (whole, parts)]
    assert weights[0] == weights[1]


def test_the_command_that_continues_allows_imports_too(
    autocnn: Command, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr("autocnn.cli.search._run", interrupt)
    monkeypatch.setattr("autocnn.cli.fit.Fit._train", interrupt)
    network = study.bundle / "architecture.yaml"
    for words in (
        ("search", study.folder / "tiny.yaml"),
        ("train", network, "--data", "digits", "-o", tmp_path / "trained"),
        ("finetune", study.bundle, "--data", "digits", "-o", tmp_path / "tuned"),
    ):
        assert "--allow-imports" not in autocnn(*words).err
        said = autocnn(*words, "--allow-imports")
        assert said.code == 130
        again = said.err.partition("continue with: autocnn ")[2]
        assert shlex.split(again)[-1] == "--allow-imports"


def test_a_training_does_not_go_on_from_a_damaged_or_another_checkpoint(
    autocnn: Command, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("train", study.bundle / "architecture.yaml", "--data", "digits", "-o", tmp_path / "a")
    monkeypatch.setattr(Terminal, "note", interrupted)
    assert autocnn(*words).code == 130
    assert autocnn(*words, "--seed", 1).code == 130
    monkeypatch.undo()
    checkpoints = list(tmp_path.glob("a-*.pt"))
    assert len(checkpoints) == 2
    for checkpoint in checkpoints:
        checkpoint.write_bytes(b"cut")
    said = autocnn(*words)
    assert (said.code, "epoch 1/2" in said.err) == (0, True)


def test_train_says_that_memory_ran_out(autocnn: Command, tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    layers = [{"conv": {"channels": 65_536, "kernel": kernel}} for kernel in (1, 31)]
    wide = [*layers, "flatten", {"linear": {"units": "=classes", "activation": "none"}}]
    huge.write_text(json.dumps({"data": {"source": "digits"}, "architecture": wide}))
    said = autocnn("train", huge, "-o", tmp_path / "bundle")
    assert said.code == 5
    assert "error: memory ran out; a smaller `training.batch_size`" in said.err


def test_train_refuses_open_holes_and_shapes_that_images_never_have(
    autocnn: Command, study: Study
) -> None:
    said = autocnn("train", study.space)
    assert said.code == 2
    assert "tiny.yaml:4:22 architecture.0.conv.channels: this hole is open" in said.err
    for shape in ("4x8x8", "3x1x1"):
        given = f"data.shape=[{shape.replace('x', ',')}]"
        said = autocnn(
            "train", study.bundle / "architecture.yaml", "--data", "digits", "--set", given
        )
        assert (said.code, f"to which images are brought, got {shape} [Y30]" in said.err) == (
            2,
            True,
        )
    for given in ("data.size=48", "data.channels=3"):
        said = autocnn("finetune", study.bundle, "--data", "digits", "--set", given)
        assert (said.code, "are brought to 1x8x8, which `data.size`" in said.err) == (2, True)


def test_train_tells_how_a_network_is_made_for_as_many_classes(
    autocnn: Command, study: Study
) -> None:
    candidate = study.bundle / "architecture.yaml"
    said = autocnn("train", candidate, "--data", "digits", "--set", "data.classes=7")
    assert said.code == 2
    assert "for 7 classes, the data have 10; one for these is made with" in said.err
    assert "--set data.classes=10 [Y30]" in said.err


def test_finetune_goes_on_for_other_classes(
    autocnn: Command, study: Study, tmp_path: Path
) -> None:
    digits = load_digits()
    chosen = digits.target < 4
    images = np.repeat(digits.images[chosen, ..., None] * 16, 3, -1).clip(0, 255).astype(np.uint8)
    names = np.array(["zero", "one", "two", "three"])[digits.target[chosen]]
    np.savez(tmp_path / "few.npz", x=images, y=names)
    quick = ("--set", "training.epochs=4", "--set", "training.optimizer.adamw.lr=0.02")
    few = ("--data", f"npz:{tmp_path}/few.npz", *quick)
    split = ("--set", "data.seed=5", "--set", "data.test=0.4")
    said = autocnn("finetune", study.bundle, *few, *split, "-o", tmp_path / "new")
    assert said.code == 0
    assert "new: linear_3.linear.bias, linear_3.linear.weight" in said.err
    bundle = load_bundle(tmp_path / "new")
    assert bundle.classes == ("one", "three", "two", "zero")
    assert bundle.document.mean == load_bundle(study.bundle).document.mean
    assert bundle.document.provenance["start"] == str(study.bundle)
    assert bundle.metrics[0].value > 0.5
    for data, kept in (("few.npz", {"seed": 5, "test": 0.4}), ("other.npz", {})):
        np.savez(tmp_path / "other.npz", x=images[1:], y=names[1:])
        given = ("--data", tmp_path / data, *quick, "-o", tmp_path / data[:3])
        said = autocnn("finetune", tmp_path / "new", *given)
        assert ("split as in its training" in said.err) == bool(kept)
        options = load_bundle(tmp_path / data[:3]).document.provenance["data_options"]
        assert options.items() & {"seed": 5, "test": 0.4}.items() == kept.items()
    weights = ("--weights", study.bundle / "weights.safetensors")
    network = study.bundle / "architecture.yaml"
    again = autocnn("finetune", network, *weights, *few, "-o", tmp_path / "file", "--json")
    assert (again.code, again.json["bundle"]) == (0, str(tmp_path / "file"))
    for words, code, text in (
        ((study.bundle, *weights), 2, "leave out --weights and --map"),
        ((network,), 2, "a YAML needs --weights"),
        ((network, *weights, "--map", study.space), 2, "[Y08]"),
        ((network, "--weights", study.space), 6, "is not a safetensors file"),
        ((study.bundle, "--recipe", tmp_path / "no.yaml"), 2, "cannot be read"),
        ((study.bundle, "--recipe", tmp_path / "new" / "bundle.json"), 2, "no section `training`"),
        ((study.bundle, "--set", "training.early_rate=2"), 2, "training.early_rate"),
    ):
        said = autocnn("finetune", *words, *few, "-o", tmp_path / "bad")
        assert (said.code, text in said.err) == (code, True), said.err


def test_studies(autocnn: Command, study: Study) -> None:
    said = autocnn("studies", "--store", study.store)
    assert re.search(r"tiny +finished +\d +\d+\.\d\d % +\d+\.\d\d %", said.out)
    assert max(map(len, said.out.splitlines())) <= 80
    (found,) = autocnn("studies", "--store", study.store, "--json").json
    assert found["trials"]["completed"] == 2
    best = autocnn("best", "tiny", "--store", study.store, "--json").json
    assert found["final"] == best["scores"]["validation"]["accuracy"]


def test_trials(autocnn: Command, study: Study) -> None:
    said = autocnn("trials", "tiny", "--store", study.store)
    assert len(re.findall(r"completed", said.out)) == 2
    assert max(map(len, said.out.splitlines())) <= 80
    values = [
        trial["value"]
        for trial in autocnn("trials", "tiny", "--best", 5, "--store", study.store, "--json").json
    ]
    assert values == sorted(values, reverse=True)
    assert "did you mean 'tiny'?" in autocnn("trials", "tinny", "--store", study.store).err
    said = autocnn("trials", "tiny", "--state", "complete", "--store", study.store)
    assert (said.code, "did you mean 'completed'?" in said.err) == (2, True)


def test_a_trial_that_failed_is_not_the_best(
    autocnn: Command, study: Study, tmp_path: Path
) -> None:
    shutil.copy(study.folder / "studies" / "autocnn.db", tmp_path / "a.db")
    store = f"sqlite:///{tmp_path}/a.db"
    best, other = autocnn("trials", "tiny", "--best", 2, "--store", store, "--json").json
    opened = open_store(store)
    record = opened.study("tiny")
    assert record is not None
    with opened.hold(record.id) as hold:
        hold.update_trial(best["number"], state="failed", reason="non-finite")
    assert best["device"] == "cpu"
    (left,) = autocnn("trials", "tiny", "--best", 2, "--store", store, "--json").json
    (found,) = autocnn("studies", "--store", store, "--json").json
    assert (left["number"], found["best"]) == (other["number"], other["value"])


@pytest.mark.parametrize("given", [("studies",), ("trials", "tiny")])
def test_tables_fit_80_columns_and_come_as_csv(
    autocnn: Command, study: Study, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = autocnn(*given, "--store", study.store, "--watch")
    assert said.code == 0, "nothing changes any more, so it ends"
    assert max(map(len, said.out.splitlines())) <= 80
    rows = list(csv.DictReader(autocnn(*given, "--store", study.store, "--csv").out.splitlines()))
    assert len(rows) == len(autocnn(*given, "--store", study.store, "--json").json)
    assert autocnn(*given, "--store", study.store, "--csv", "--json").code == 2


def test_best_copies_the_bundle(autocnn: Command, study: Study, tmp_path: Path) -> None:
    said = autocnn("best", "tiny", "--store", study.store, "--front")
    assert said.code == 2
    assert "'tiny' has one objective, val_accuracy: its best trial is all [Y34]" in said.err
    said = autocnn("best", "tiny", "--store", study.store, "-o", tmp_path / "copy")
    assert said.code == 0
    for file in study.bundle.iterdir():
        assert (tmp_path / "copy" / file.name).read_bytes() == file.read_bytes()
    assert autocnn("best", "tiny", "--store", study.store, "-o", tmp_path / "copy").code == 2
    said = autocnn("best", "tiny", "--store", study.store, "-o", study.bundle, "--force")
    assert (said.code, "is the study's own bundle" in said.err) == (2, True)


def test_report(autocnn: Command, study: Study, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert autocnn("report", "tiny", "--store", study.store, "-o", page).code == 0
    assert page.read_text().lstrip().lower().startswith("<!doctype html>")
    assert autocnn("report", "tiny", "--store", study.store, "-o", page).code == 2
    assert page.read_text().count('<img src="data:image/png;base64,') > 4, "what the network sees"


@pytest.mark.parametrize("form", ["md", "json", "csv"])
def test_report_in_parts(autocnn: Command, study: Study, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    given = ("report", "tiny", "--store", study.store, "--format", form, "-o", target)
    assert autocnn(*given).code == 0
    assert autocnn(*given).code == 2, "it is there already"
    assert autocnn(*given, "--force").code == 0
    if form == "csv":
        names = {file.stem for file in target.iterdir()}
        assert names == {"trials", "progress", "decisions", "finals", "events"}
        assert (target / "trials.csv").read_text().startswith("number,state,")
    elif form == "json":
        found = json.loads(target.read_text())
        assert (found["study"], found["state"]) == ("tiny", "finished")
        assert {result["split"] for result in found["results"]} == {"validation", "test"}
    else:
        assert target.read_text().startswith("# tiny\n")
        assert "| trial | state | value |" in target.read_text()


def test_report_for_tensorboard(autocnn: Command, study: Study, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    folder = tmp_path / "events"
    given = ("report", "tiny", "--store", study.store, "--tensorboard", folder)
    assert autocnn(*given).code == 0
    run = min(folder.iterdir())
    events = [event for file in run.iterdir() for event in LegacyEventFileLoader(str(file)).Load()]
    tags = {value.tag for event in events for value in event.summary.value}
    assert {"val_accuracy", "train_loss"} <= tags
    assert autocnn(*given).code == 2
    assert autocnn(*given, "--force").code == 0
    (folder / "notes.txt").write_text("mine")
    assert autocnn(*given, "--force").code == 2


def test_report_draws_its_figures(
    autocnn: Command, study: Study, chromium: str, tmp_path: Path
) -> None:
    pytest.importorskip("kaleido", reason="kaleido is not installed")
    folder = tmp_path / "figures"
    given = ("report", "tiny", "--store", study.store, "--format", "png", "-o", folder)
    assert autocnn(*given).code == 0
    names = {file.name for file in folder.iterdir()}
    assert {"best-over-trials.png", "learning-curves.png"} <= names
    with Image.open(folder / "best-over-trials.png") as image:
        assert image.size == (2000, 600)
        colours = image.convert("RGB").getcolors(2**24)
    assert len(colours or ()) > 20, "axes, texts and dots"


@pytest.mark.parametrize(
    ("option", "package", "says"),
    [
        (("--format", "png"), "kaleido", "pip install 'autocnn[pictures]'"),
        (("--tensorboard", "x"), "tensorboard", "pip install 'autocnn[tensorboard]'"),
    ],
)
def test_report_says_what_is_not_installed(
    autocnn: Command,
    study: Study,
    monkeypatch: pytest.MonkeyPatch,
    option: tuple[str, str],
    package: str,
    says: str,
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else found(name)
    )
    for module in ("parts", "tensorboard"):
        path = f"autocnn.report.{module}.find_spec"
        monkeypatch.setattr(path, importlib.util.find_spec)
    said = autocnn("report", "tiny", "--store", study.store, *option)
    assert (said.code, says in said.err) == (2, True)


def test_what_shows_itself_in_a_notebook(study: Study) -> None:
    bundle = load_bundle(study.bundle)
    _, record = open_study("tiny", study.store)
    hostile = replace(record, data={"source": "<img src=x onerror=alert(1)>"})
    shown = (record, hostile, bundle, bundle.candidate, cost(bundle.candidate.architecture))
    for value in shown:
        document = ElementTree.fromstring(f"<div>{value._repr_html_()}</div>")
        assert {element.tag for element in document} == {"table"}
        assert next(document.iter("td")).text
        assert document.find(".//img") is None


def test_export_optuna(autocnn: Command, study: Study, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/optuna.db"
    assert autocnn("export-optuna", "tiny", url, "--store", study.store).code == 0
    loaded = optuna.load_study(study_name="tiny", storage=url)
    own = autocnn("trials", "tiny", "--store", study.store, "--json").json
    assert len(loaded.trials) == len(own)
    assert loaded.best_value == max(trial["value"] for trial in own if trial["value"])
    absent = f"sqlite:///{tmp_path}/none/optuna.db"
    for storage in (url, absent, "optuna.db", "mysql://me:secret@there/db"):
        said = autocnn("export-optuna", "tiny", storage, "--store", study.store)
        assert said.code == 4
        assert "secret" not in said.err


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(3):
        pixels = np.full((8, 8), 80 * index, np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def test_predict(autocnn: Command, study: Study, photos: Path, tmp_path: Path) -> None:
    said = autocnn("predict", study.bundle, photos)
    assert (said.code, len(re.findall(r"\d\.png", said.out))) == (0, 3)
    rows = autocnn("predict", study.bundle, photos, "--json").json
    assert sum(rows[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    (photos / "3.png").write_text("no image")
    said = autocnn("predict", study.bundle, photos, "--csv", "--quiet")
    assert said.code == 1
    assert said.out.splitlines()[0] == "file,class,probability,error"
    assert len(said.out.splitlines()) == 5
    out = tmp_path / "rows.csv"
    assert autocnn("predict", study.bundle, photos, "-o", out).code == 1
    assert out.read_text() == said.out
    assert autocnn("predict", study.bundle, photos, "-o", out).code == 2


def test_predict_draws_what_spoke_for_its_answers(
    autocnn: Command, study: Study, photos: Path, tmp_path: Path
) -> None:
    cams = tmp_path / "cams"
    said = autocnn("predict", study.bundle, photos, "--cam", cams)
    assert (said.code, f"wrote 3 pictures to {cams}" in said.err) == (0, True)
    assert sorted(path.name for path in cams.iterdir()) == [
        "0001-0.cam.png", "0002-1.cam.png", "0003-2.cam.png",
    ]  # fmt: skip
    assert autocnn("predict", study.bundle, photos, "--cam", cams).code == 2
    assert autocnn("predict", study.bundle, photos, "--cam", cams, "--force").code == 0
    assert autocnn("predict", study.bundle, photos, "--cam", photos, "--force").code == 2
    assert len(list(photos.iterdir())) == 3, "images that were not drawn by it are kept"


def test_predict_finds_nothing(autocnn: Command, study: Study, tmp_path: Path) -> None:
    said = autocnn("predict", study.bundle, tmp_path)
    assert (said.code, "no images" in said.err) == (3, True)


def test_a_broken_bundle_is_refused(autocnn: Command, study: Study, tmp_path: Path) -> None:
    said = autocnn("predict", tmp_path, tmp_path)
    assert (said.code, "[A01]" in said.err) == (6, True)


def test_evaluate(autocnn: Command, study: Study, photos: Path, tmp_path: Path) -> None:
    for part, images in (("test", "359"), ("all", "1,797")):
        said = autocnn("evaluate", study.bundle, "digits", *(["--part", "all"] * (part == "all")))
        assert said.code == 0
        assert re.search(rf"accuracy \d+\.\d\d % on {images} images \({part}\)", said.out)
        assert "`test` is what it has not learned from" in said.err
    for digit in ("3", "7"):
        (tmp_path / "mine" / digit).mkdir(parents=True)
        for index in range(60):
            Image.fromarray(np.full((8, 8), 4 * index + int(digit), np.uint8)).save(
                tmp_path / "mine" / digit / f"{index}.png"
            )
    said = autocnn("evaluate", study.bundle, tmp_path / "mine", "--json")
    assert said.code == 0
    assert said.json["images"] == 120
    assert said.json["metrics"]["accuracy"] == said.json["accuracy"]
    assert {"f1_macro", "balanced_accuracy"} <= set(said.json["metrics"])
    (tmp_path / "mine" / "3" / "broken.png").write_text("no image")
    said = autocnn("evaluate", study.bundle, tmp_path / "mine", "--json")
    assert (said.code, said.json["images"]) == (1, 120)
    assert "broken.png" in said.err


def test_data(autocnn: Command, tmp_path: Path) -> None:
    said = autocnn("data", "digits")
    assert said.code == 0
    assert "1,797 images in 10 classes" in said.out
    assert autocnn("data", "digits", "--json").json["images"] == 1797
    said = autocnn("data", "digits", "--set", "data.seed=1", "--set", "dta.test=0.3")
    assert (said.code, "did you mean 'data.test'?" in said.err) == (2, True)
    said = autocnn("data", "digts")
    assert (said.code, "did you mean 'digits'?" in said.err) == (3, True)
    assert autocnn("data", tmp_path).code == 3


def test_schema(autocnn: Command, tmp_path: Path) -> None:
    printed = autocnn("schema").json
    assert "conv" in json.dumps(printed)
    file = tmp_path / "space.schema.json"
    assert autocnn("schema", "-o", file).code == 0
    assert json.loads(file.read_text()) == printed


def test_layers(autocnn: Command) -> None:
    said = autocnn("layers")
    for word in ("conv: ", "mbconv", "sgd: ", "onecycle: ", "hflip: ", "tpe", "asha: "):
        assert word in said.out
    said = autocnn("layers", "conv", "--json")
    assert said.json["layer"]["conv"]["options"]["kernel"] == "3"
    said = autocnn("layers", "convv")
    assert (said.code, "did you mean 'conv'?" in said.err) == (2, True)
