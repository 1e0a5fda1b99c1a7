"""Judging a network by fixed crops of stacks that are never trained on."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from gvtstudio.training.covering_walk import Patch3
from gvtstudio.training.patches import NormalisedPair

LARGEST_CROP = (32, 128, 128)
LARGEST_PREVIEW = (16, 96, 96)
"""Two megabytes with input and target."""

ValidationPair = tuple[Tensor, Tensor]


class Answers(Protocol):
    """The network as it would be saved now, ready to be asked."""

    def __call__(self, image: Tensor) -> Any:
        """What the network says of an input (B, C, Z, Y, X)."""
        ...

    def fitted(self, patches: Tensor) -> Tensor:
        """Patches as the network's answer has them: on its device, planes of images as a batch."""
        ...


class Judge(Protocol):
    """How a task validates."""

    score: str
    """The number that decides which weights are best; smaller is better."""

    def numbers(self, answers: Answers) -> dict[str, float]:
        """Measures on what was kept apart, always of the same names; empty with nothing apart."""
        ...

    def preview(self, answers: Answers) -> dict[str, np.ndarray]:
        """Images (Z, Y, X) of one fixed crop by name: input, now, target; empty for none."""
        ...


class PairsJudge:
    """Mean absolute error and PSNR of the network's mean.

    Args:
        pairs: Normalised (1, C, Z, Y, X) inputs and targets.
    """

    score = "validation_mae"

    def __init__(self, pairs: Sequence[ValidationPair]) -> None:
        self._pairs = pairs

    def numbers(self, answers: Answers) -> dict[str, float]:
        """``validation_mae`` and ``validation_psnr_db`` over a range of one."""
        errors, powers = [], []
        for image, target in self._pairs:
            difference = (answers(image).mean - answers.fitted(target)).float()
            errors.append(float(difference.abs().mean()))
            powers.append(float((difference**2).mean()))
        if not errors:
            return {}
        power = sum(powers) / len(powers)
        decibels = -10 * math.log10(power) if power > 0 else math.inf
        return {self.score: sum(errors) / len(errors), "validation_psnr_db": decibels}

    def preview(self, answers: Answers) -> dict[str, np.ndarray]:
        """The middle of the first pair, and what the network makes of it.

        Beside an image that was projected from a volume the brightest voxels of that are shown; an
        input of another size than the target is left out.
        """
        if not self._pairs:
            return {}
        image, target = _middle_of_pair(*self._pairs[0])
        tensors = {
            "input": answers.fitted(image),
            "now": answers(image).mean,
            "target": answers.fitted(target),
        }
        images = {name: _first_volume(tensor) for name, tensor in tensors.items()}
        if len(images["target"]) == 1:
            images["input"] = images["input"].max(0, keepdims=True)
        shape = images["target"].shape
        return {name: image for name, image in images.items() if image.shape == shape}


def validation_tensors(pairs: Iterable[NormalisedPair]) -> list[ValidationPair]:
    """The middle of every volume kept apart and of its target, normalised, (1, 1, Z, Y, X)."""
    tensors = []
    for pair in pairs:
        middle = middle_of(pair.image.shape, LARGEST_CROP)
        image = pair.image_scale.apply(np.ascontiguousarray(pair.image[middle]))
        target = pair.target_scale.apply(np.ascontiguousarray(pair.target[middle]))
        tensors.append((torch.from_numpy(image)[None, None], torch.from_numpy(target)[None, None]))
    return tensors


def middle_of(shape: tuple[int, ...], limits: Patch3) -> tuple[slice, slice, slice]:
    """Where the middle of a volume lies, no larger than the limits."""
    sizes = [min(n, limit) for n, limit in zip(shape, limits, strict=True)]
    starts = [(n - size) // 2 for n, size in zip(shape, sizes, strict=True)]
    z, y, x = (slice(a, a + size) for a, size in zip(starts, sizes, strict=True))
    return z, y, x


def _middle_of_pair(image: Tensor, target: Tensor) -> ValidationPair:
    """A part small enough to be kept many times, where input and target show the same pixels."""
    if image.shape[-2:] != target.shape[-2:]:
        return image, target
    z, y, x = middle_of(tuple(image.shape[-3:]), LARGEST_PREVIEW)
    if target.ndim < image.ndim:  # the surface may lie anywhere in the depth of the volume
        return image[..., y, x], target[..., y, x]
    return image[..., z, y, x], target[..., z, y, x]


def _first_volume(t: Tensor) -> np.ndarray:
    """(Z, Y, X) of the first channel of a batch of volumes, or of planes that were one volume."""
    volume = t[0, 0] if t.ndim == 5 else t[:, 0]
    array: np.ndarray = volume.float().cpu().numpy()
    return array
