"""Test-time augmentation: predictions that do not depend on what is averaged out."""

from __future__ import annotations

import torch

from autocnn.api import language
from autocnn.data import AUGMENTATIONS, DataOptions, open_data
from autocnn.network import build
from autocnn.space import read_candidate
from autocnn.training import Plan, Recipe, evaluate

NETWORK = [{"conv": {"channels": 4}}, {"flatten": {}}, {"linear": {"units": 10}}]


def test_mirrored_images_get_the_same_prediction() -> None:
    dataset = open_data(DataOptions(source="digits"))
    found = {}
    for tta in (False, True):
        document = {
            "data": {"shape": list(dataset.shape), "classes": 10},
            "architecture": NETWORK,
            "training": {"augment": ["hflip"], "tta": tta},
        }
        candidate = read_candidate(document, language())
        torch.manual_seed(0)
        weights = build(candidate.architecture).state_dict()
        found[tta] = evaluate(candidate, weights, dataset.validation, dataset, Plan())
    assert found[True].predictions.shape == found[False].predictions.shape
    assert not (found[True].predictions == found[False].predictions).all()


def test_views_are_the_images_and_what_each_augmentation_adds() -> None:
    images = torch.arange(24.0).reshape(2, 1, 3, 4)
    for name in AUGMENTATIONS:
        augment = (AUGMENTATIONS[name](),)
        assert len(Recipe(augment=augment).views(images)) == 1
        first, *others = Recipe(augment=augment, tta=True).views(images)
        assert torch.equal(first, images)
        axis = {"hflip": 3, "alternating_flip": 3, "vflip": 2}.get(name)
        if name == "shift":
            before, after = others
            assert torch.equal(before[:, :, 1:, 1:], images[:, :, :-1, :-1])
            assert torch.equal(after[:, :, :-1, :-1], images[:, :, 1:, 1:])
            assert torch.equal(before[:, :, 0, 0], images[:, :, 0, 0])
            continue
        assert len(others) == (axis is not None)
        assert all(torch.equal(mirrored.flip(axis), images) for mirrored in others)
    several = tuple(AUGMENTATIONS[name]() for name in ("hflip", "shift", "vflip"))
    assert len(Recipe(augment=several, tta=True).views(images)) == 12


def test_images_of_one_row_move_along_it() -> None:
    images = torch.arange(8.0).reshape(2, 1, 1, 4)
    for fill in ("zero", "edge", "mirror"):
        first, second = AUGMENTATIONS["shift"](fill=fill).views(images)
        assert torch.equal(first[..., 1:], images[..., :-1])
        assert torch.equal(second[..., :-1], images[..., 1:])
    assert AUGMENTATIONS["shift"](pixels=0).views(images) == ()
