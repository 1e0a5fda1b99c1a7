"""Noise2Fast: a small network learns to denoise one plane from that plane alone.

Source: Lequyer et al. 2022, "A fast blind zero-shot denoiser", Methods; constants as in its
software for stacks (MODELS §7.3).

Neighbouring pixels see almost the same thing, each with a noise of its own. The plane is split like
a chequerboard into two images of half its height (and again of half its width); the network learns
to tell one from the other, and cannot guess noise. After every step the whole plane is predicted:
while that comes closer to the noisy plane the network learns structure; when it has not for a
hundred steps, learning ends and the last predictions are averaged.

The network sees no farther than eight pixels. So large planes are computed in pieces with that much
around them, which changes nothing but the order of sums: gradients of the pieces are added up
before each step. Memory and the wait for a cancellation are therefore bounded.
"""

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from types import EllipsisType
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gvtstudio.domain.job import Precision
from gvtstudio.networks.layers.memory_format import lay_out
from gvtstudio.networks.noise2fast.net import Noise2Fast, build
from gvtstudio.networks.noise2fast.spec import CONVOLUTIONS
from gvtstudio.prediction.device import DTYPES, on_device
from gvtstudio.training.batches import step_seed

PATIENCE = 100
"""Steps without a better prediction after which learning ends."""
RECENT = 5
"""Predictions up to the best one that are averaged with those after it: 105 in all."""
LEARNING_RATE, CAUTIOUS_RATE = 1e-3, 5e-6
FLAT = 0.01
"""A result that varies less, in standard deviations of the plane, shows a network that died."""
PIECE = 128
"""Pixels along an edge of what is computed at once, without what lies around."""

Window = tuple[slice | EllipsisType, ...]
Weights = Mapping[str, np.ndarray]
"""Of a network, by name."""
Watch = Callable[[int, int], None]
"""Hears again and again of (steps done, step of the best so far); may raise ``Cancelled``."""


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """How a plane is learned.

    Args:
        device: Where to.
        precision: Of the convolutions.
        seed: Of everything random; the same seed gives the same result.
        most_steps: Where learning ends at the latest.
    """

    device: torch.device
    precision: Precision
    seed: int = 0
    most_steps: int = 2000


@dataclass(frozen=True, slots=True)
class LearnedPlane:
    """What came of one plane.

    Args:
        image: (Y, X) float32, in the units of the plane.
        steps: Learned.
        weights: Of the network at the end.
    """

    image: np.ndarray
    steps: int
    weights: Weights


def chequerboard_pairs(plane: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The four (input, target) examples of a plane.

    Args:
        plane: (Y, X); an odd last row or column is left out.

    Returns:
        Twice (Y/2, X), twice (Y, X/2): the pixels of the even and of the odd fields of a
        chequerboard, collapsed along Y or X, in both directions.
    """
    height, width = (n - n % 2 for n in plane.shape)
    plane = plane[:height, :width]
    first, second = _collapsed_rows(plane)
    left, right = (half.T for half in _collapsed_rows(plane.T))
    return [(first, second), (second, first), (left, right), (right, left)]


def _collapsed_rows(plane: Tensor) -> tuple[Tensor, Tensor]:
    """Rows two by two, with their pixels exchanged in every other column."""
    even, odd = plane[0::2], plane[1::2]
    is_swapped = torch.arange(plane.shape[1], device=plane.device) % 2 == 1
    return torch.where(is_swapped, odd, even), torch.where(is_swapped, even, odd)


def denoise_plane(
    plane: np.ndarray,
    number: int,
    settings: LearningSettings,
    watch: Watch,
    start: Weights | None = None,
) -> LearnedPlane:
    """Learn from a plane how it looks without noise.

    Args:
        plane: (Y, X) float32, not constant, two pixels or more along each axis.
        number: Of the plane, which tells its random numbers from those of others.
        settings: How to learn.
        watch: Hears of every step.
        start: Weights to begin with, halfway to new ones; ``None`` begins with new ones.

    Raises:
        Cancelled: By ``watch``.
    """
    middle, width = float(plane.mean(dtype=np.float64)), float(plane.std(dtype=np.float64))
    noisy = on_device(((plane - middle) / width).astype(np.float32)[None, None], settings.device)
    lesson = _Lesson(noisy, number, settings, watch)
    learned = lesson.learn(LEARNING_RATE, start)
    if float(learned.std()) < FLAT:
        learned = lesson.learn(CAUTIOUS_RATE, None)
    image = learned.double().cpu().numpy()[0, 0] * width + middle
    return LearnedPlane(image.astype(np.float32), lesson.steps, lesson.weights())


class _Lesson:
    """One plane and the network that learns from it.

    Args:
        noisy: (1, 1, Y, X), mean 0 and standard deviation 1.
        number: Of the plane.
        settings: How to learn.
        watch: Hears of every step.
    """

    def __init__(
        self, noisy: Tensor, number: int, settings: LearningSettings, watch: Watch
    ) -> None:
        self._noisy = noisy
        self._seed = step_seed(settings.seed, number)
        self._settings = settings
        self._watch = watch
        self._pairs = [
            (source[None, None].contiguous(), target[None, None].contiguous())
            for source, target in chequerboard_pairs(noisy[0, 0])
        ]
        self._network = self._new_network(None)
        self._step = self._best = 0
        self.steps = 0

    def weights(self) -> Weights:
        """Of the network, as they are now."""
        return {name: t.cpu().numpy().copy() for name, t in self._network.state_dict().items()}

    def learn(self, rate: float, start: Weights | None) -> Tensor:
        """Learn until nothing gets better; the mean of the last predictions, (1, 1, Y, X)."""
        self._network = self._new_network(start)
        optimizer = torch.optim.Adam(self._network.parameters(), lr=rate)
        chance = np.random.default_rng(self._seed)
        recent: deque[Tensor] = deque(maxlen=RECENT)
        self._step = self._best = 0
        least, total, count = float("inf"), torch.zeros_like(self._noisy), 0
        while not self._is_over():
            self._take_step(optimizer, self._pairs[chance.integers(len(self._pairs))])
            predicted = self._predicted()
            self._step += 1
            recent.append(predicted)
            error = float((predicted - self._noisy).square().mean())
            if error < least:
                least, self._best = error, self._step
                total, count = torch.stack(tuple(recent)).sum(0), len(recent)
            else:
                total, count = total + predicted, count + 1
        self.steps += self._step
        return total / count

    def _is_over(self) -> bool:
        is_worn_out = self._step - self._best >= PATIENCE
        return is_worn_out or self._step >= self._settings.most_steps

    def _new_network(self, start: Weights | None) -> Noise2Fast:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._seed)
            network = build()
        if start is not None:
            # halfway back to chance: a network that begins where the last one ended has learned
            # enough to follow the noise sooner than new structure, and ends 0.8 dB lower
            new = network.state_dict()
            network.load_state_dict(
                {name: (new[name] + torch.from_numpy(w)) / 2 for name, w in start.items()}
            )
        network = network.to(self._settings.device)
        lay_out(network)
        return network

    def _take_step(self, optimizer: torch.optim.Optimizer, pair: tuple[Tensor, Tensor]) -> None:
        source, target = pair
        optimizer.zero_grad(set_to_none=True)
        for piece in pieces_of(source.shape[2], source.shape[3], PIECE):
            answer = self._answer(source[piece.seen])[piece.kept]
            loss = functional.mse_loss(answer, target[piece.place], reduction="sum")
            (loss / target.numel()).backward()  # type: ignore[no-untyped-call]
            self._watch(self._step, self._best)
        optimizer.step()

    @torch.inference_mode()
    def _predicted(self) -> Tensor:
        """The whole plane through the network."""
        predicted = torch.empty_like(self._noisy)
        for piece in pieces_of(self._noisy.shape[2], self._noisy.shape[3], PIECE):
            predicted[piece.place] = self._answer(self._noisy[piece.seen])[piece.kept]
            self._watch(self._step, self._best)
        return predicted

    def _answer(self, values: Tensor) -> Tensor:
        """Convolutions in the precision chosen; the head, which is cheap, in full."""
        with self._autocast():
            features = self._network.features(values)
        answer: Tensor = self._network.head(features.float())
        return answer

    def _autocast(self) -> AbstractContextManager[object]:
        precision = self._settings.precision
        return torch.autocast(
            self._settings.device.type, DTYPES[precision], enabled=precision != "float32"
        )


class Piece(NamedTuple):
    """A part of an image that is computed at once, as indices of (B, C, Y, X).

    Args:
        place: Of the part in the image.
        seen: The same with what the network sees around it.
        kept: Of the part in what is seen.
    """

    place: Window
    seen: Window
    kept: Window


def pieces_of(height: int, width: int, edge: int) -> list[Piece]:
    """An image in pieces of about equal size, each with the receptive field around it."""
    return [
        Piece(*((..., *window) for window in zip(rows, columns, strict=True)))
        for rows in _spans(height, edge)
        for columns in _spans(width, edge)
    ]


def _spans(length: int, edge: int) -> list[tuple[slice, slice, slice]]:
    """Along one axis: the place of each piece, what it sees, and itself in that."""
    count = ceil(length / edge)
    ends = [length * i // count for i in range(count + 1)]
    spans = []
    for first, last in pairwise(ends):
        start, stop = max(0, first - CONVOLUTIONS), min(length, last + CONVOLUTIONS)
        spans.append((slice(first, last), slice(start, stop), slice(first - start, last - start)))
    return spans
