"""Let the layers with maps learn from images alone, before a training."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

from autocnn.data import Dataset, Part
from autocnn.network.map_layers import map_layers
from autocnn.space.candidate import Candidate
from autocnn.training.batches import Normalise, batch_bounds
from autocnn.training.image_pool import ImagePool
from autocnn.training.plan import Plan
from autocnn.training.point import Point, Reason
from autocnn.training.precision import arithmetic
from autocnn.training.process_group import ProcessGroup
from autocnn.training.recipe import recipe_of
from autocnn.training.schedules import OneCycle
from autocnn.training.seeds import derive, seed_torch
from autocnn.training.state import Number, State, interned


class Decoder(nn.Module):
    """One convolution from maps `(N, F, h, w)` to images `(N, C, H, W)` of the given shape."""

    def __init__(self, features: int, maps: tuple[int, int], shape: tuple[int, int, int]):
        super().__init__()
        self._size = shape[1:]
        self._factor = max(-(-shape[1] // maps[0]), -(-shape[2] // maps[1]))
        self.conv = nn.Conv2d(features, shape[0] * self._factor**2, 1)

    def forward(self, x: Tensor) -> Tensor:
        images = pixel_shuffle(self.conv(x.float()), self._factor)
        if images.shape[-2:] == self._size:
            return images
        return interpolate(images, self._size, mode="bilinear", align_corners=False)


class Pretrain:
    """Pretraining of a state's first layers, an epoch at a time, after which the state goes on.

    An epoch is as long as one of the training, whether or not there are images without labels.
    Every process of a group does the same steps over whole batches and gets the same bits.
    """

    def __init__(
        self,
        candidate: Candidate,
        dataset: Dataset,
        plan: Plan,
        part: Part,
        seed: int,
        state: State,
        group: ProcessGroup,
    ):
        recipe = recipe_of(candidate)
        assert recipe.pretrain is not None
        self._recipe, self._how, self._plan, self._part, self._seed = (
            recipe,
            recipe.pretrain,
            plan,
            part,
            seed,
        )
        self._pool = ImagePool(part, dataset.unlabelled, seed)
        self._state, self._group = state, group
        self._bounds = batch_bounds(len(part), recipe.batch_size)
        self._normalise = Normalise(dataset, plan)
        count, (features, *maps) = map_layers(candidate.architecture)
        self._layers = list(state.module.children())[:count]
        torch.manual_seed(derive(seed, "decoder", 0))
        self._decoder = Decoder(features, (maps[0], maps[1]), dataset.shape).to(plan.device)
        known = [p for layer in self._layers for p in layer.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(
            [*known, *self._decoder.parameters()], lr=self._how.lr, weight_decay=0.0
        )
        self._generator = torch.Generator()
        self._pause = plan.pause
        if state.pretraining is not None and "decoder" in state.pretraining:
            self._decoder.load_state_dict(state.pretraining["decoder"])
            self._optimizer.load_state_dict(interned(state.pretraining["optimizer"]))

    def points(self, deadline: float | None = None, *, fitted: bool = False) -> Iterator[Point]:
        """Yield a point without progress after each epoch that is still to come.

        A `deadline` by time.monotonic ends it. Fitted to the deadline, as the training is, it
        stops early enough to leave the training its share of the time.
        """
        began, until, share = time.monotonic(), deadline, self._recipe.pretrain_share
        if deadline is not None and fitted:
            until = began + (deadline - began) * share / (1 + share)
        for epoch in range(pretrained(self._state), self._how.epochs):
            loss, over = self._epoch(epoch, until)
            reason: Reason | None = None
            done = self._how.epochs if over else epoch + 1
            if over and not fitted:  # who has more time later begins this epoch again
                reason, done = "deadline", epoch
            elif loss is None and not over:
                reason = "non-finite"
            self._state.pretraining = {"epochs": done}
            if done < self._how.epochs:
                self._state.pretraining["decoder"] = self._decoder.state_dict()
                self._state.pretraining["optimizer"] = self._optimizer.state_dict()
            self._state.restart_average()
            yield Point(
                images=0,
                epoch=0.0,
                metrics={} if loss is None else {"pretrain_loss": loss},
                lr=self._how.lr,
                seconds=time.monotonic() - began,
                images_per_second=0.0,
                reason=reason,
                state=self._state,
            )
            if over or reason is not None:
                return

    def _epoch(self, epoch: int, until: float | None) -> tuple[float | None, bool]:
        """The mean loss of an epoch and whether the time was over in the middle.

        It is None where it is not finite or there was no time for a step.
        """
        order = self._pool.order(epoch)
        count, over = len(self._bounds) - 1, False
        total: Number = 0.0
        self._state.module.train()
        for index in range(count):
            over = self._group.broadcast(until is not None and time.monotonic() >= until)
            if over:
                break
            step = epoch * count + index
            rows = order[self._bounds[index] : self._bounds[index + 1]]
            total += self._step(rows, step, count) * len(rows)
            if index % self._pause == 0 and not math.isfinite(total):
                return None, False
        if not math.isfinite(total):
            return None, False
        seen = self._bounds[index + (not over)]
        return (float(total) / seen if seen else None), over

    def _step(self, chosen: Tensor, step: int, count: int) -> Number:
        """One step over some images of the part, of `count` in an epoch; its loss."""
        self._generator.manual_seed(derive(self._seed, "pretraining", step))
        seed_torch(derive(self._seed, "pretraining network", step), self._plan.device)
        images = self._normalise(self._pool.images(chosen))
        x, counts = self._how.spoil(images, self._generator)
        with arithmetic(self._plan):
            for layer in self._layers:
                x = layer(x)
        loss = self._how.value(self._decoder(x), images.float(), counts.float())
        factor = OneCycle().value(step / (count * self._how.epochs))
        for group in self._optimizer.param_groups:
            group["lr"] = self._how.lr * factor
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        value = loss.detach()
        return value.item() if self._pause == 1 else value.double()


def pretrained(state: State) -> int:
    """How many epochs of pretraining a state has behind it."""
    return 0 if state.pretraining is None else int(state.pretraining["epochs"])
