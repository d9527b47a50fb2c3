"""Search with Optuna and PyTorch alone, as a tutorial has it.

    python benchmarks/rivals/plain_optuna.py --seconds 900 --seed 0

A DataLoader in float32, TPE with the median pruner, ten epochs a trial, the last accuracy on
validation as its value; the best network so far is kept. Prints the accuracies of the best one on
validation and test as JSON.
"""

from __future__ import annotations

import argparse
import copy
import json
import time

import optuna
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from autocnn.data import DataOptions, Part, open_data

EPOCHS = 10


def tensors(part: Part) -> TensorDataset:
    """The images (N, 1, 28, 28) in [0, 1] with their classes, as torchvision gives them."""
    images = part.images[part.indices].permute(0, 3, 1, 2).float() / 255
    return TensorDataset(images, part.labels)


def network(trial: optuna.Trial) -> nn.Module:
    """One to three blocks of a convolution and max pooling, and two linear layers."""
    layers: list[nn.Module] = []
    channels, side = 1, 28
    for block in range(trial.suggest_int("blocks", 1, 3)):
        width = trial.suggest_categorical(f"channels {block}", [16, 32, 64, 128])
        kernel = trial.suggest_categorical(f"kernel {block}", [3, 5])
        layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2), nn.ReLU()]
        if trial.suggest_categorical(f"norm {block}", [True, False]):
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.MaxPool2d(2))
        channels, side = width, side // 2
    units = trial.suggest_int("units", 32, 256, log=True)
    rate = trial.suggest_float("dropout", 0.0, 0.5)
    hidden = [nn.Flatten(), nn.Linear(channels * side**2, units), nn.ReLU(), nn.Dropout(rate)]
    return nn.Sequential(*layers, *hidden, nn.Linear(units, 10))


def accuracy(module: nn.Module, loader: DataLoader[tuple[torch.Tensor, ...]]) -> float:
    """The share of images whose class is predicted."""
    module.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in loader:
            right += int((module(images).argmax(1) == labels).sum())
            total += len(labels)
    return right / total


def main() -> None:
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    data = open_data(DataOptions(source="fashion-mnist"))
    train, validation = tensors(data.train), tensors(data.validation)
    assert data.test is not None
    best: dict[str, float] = {"validation": 0.0, "test": 0.0}
    kept: nn.Module | None = None
    until = began + 0.98 * options.seconds

    def objective(trial: optuna.Trial) -> float:
        nonlocal kept
        module = network(trial)
        name = trial.suggest_categorical("optimizer", ["Adam", "RMSprop", "SGD"])
        rate = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
        optimizer = getattr(torch.optim, name)(module.parameters(), lr=rate)
        size = trial.suggest_categorical("batch", [32, 64, 128])
        batches = DataLoader(train, batch_size=size, shuffle=True)
        held = DataLoader(validation, batch_size=1000)
        found = 0.0
        for epoch in range(EPOCHS):
            module.train()
            for images, labels in batches:
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(images), labels).backward()
                optimizer.step()
                if time.monotonic() >= until:
                    break
            found = accuracy(module, held)
            if found > best["validation"]:
                best["validation"], kept = found, copy.deepcopy(module)
            trial.report(found, epoch)
            if time.monotonic() >= until:
                trial.study.stop()
                break
            if trial.should_prune():
                raise optuna.TrialPruned
        return found

    sampler = optuna.samplers.TPESampler(seed=options.seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective)
    assert kept is not None
    best["test"] = accuracy(kept, DataLoader(tensors(data.test), batch_size=1000))
    print(json.dumps(best | {"trials": len(study.trials)}))


if __name__ == "__main__":
    main()
