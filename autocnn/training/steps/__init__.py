"""Torch optimizers of our own, where torch has none."""
