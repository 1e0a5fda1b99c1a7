"""Judging a network that predicts stains, by fixed crops of volumes never trained on."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gvtstudio.imaging.metrics import pearson
from gvtstudio.training.losses.masked import masked_squared_error
from gvtstudio.training.validation import (
    LARGEST_PREVIEW,
    Answers,
    ValidationPair,
    middle_of,
)


class StainedJudge:
    """Mean squared error and Pearson's correlation of what is known of the stains.

    Args:
        crops: Normalised (1, C, Z, Y, X) inputs and (1, stains, Z, Y, X) targets, NaN where a label
            is missing.
    """

    score = "validation_mse"

    def __init__(self, crops: Sequence[ValidationPair]) -> None:
        self._crops = crops

    def numbers(self, answers: Answers) -> dict[str, float]:
        """``validation_mse`` over crops, and ``validation_pearson`` over crops and stains."""
        if not self._crops:
            return {}
        errors: list[float] = []
        correlations: list[float] = []
        for image, target in self._crops:
            answer = answers(image)
            truth = answers.fitted(target)
            errors.append(float(masked_squared_error(answer, truth)))
            correlations += _correlations(answer.mean, truth)
        return {
            self.score: float(np.mean(errors)),
            "validation_pearson": float(np.mean(correlations)) if correlations else float("nan"),
        }

    def preview(self, answers: Answers) -> dict[str, np.ndarray]:
        """The middle of the first crop: transmitted light, the first stain now and as it is."""
        if not self._crops:
            return {}
        image, target = self._crops[0]
        stain = next(n for n in range(target.shape[1]) if torch.isfinite(target[0, n]).all())
        now = _volume(answers(image).mean, stain)
        truth = _volume(answers.fitted(target), stain)
        shown = image[0, image.shape[1] // 2].float().cpu().numpy()
        # without what a window is shown around it
        shown = shown[(slice(None), *middle_of(shown.shape, (1, *truth.shape[1:]))[1:])]
        middle = middle_of(truth.shape, LARGEST_PREVIEW)
        images = {"input": shown, "now": now, "target": truth}
        return {name: volume[middle] for name, volume in images.items()}


def _correlations(mean: Tensor, truth: Tensor) -> list[float]:
    """Of every stain of every volume or plane that is known and not the same everywhere."""
    found = []
    known = torch.isfinite(truth).flatten(2).all(2)
    for guess, wanted in zip(mean[known].float().cpu(), truth[known].float().cpu(), strict=True):
        if float(wanted.max()) > float(wanted.min()):
            found.append(pearson(guess.numpy(), wanted.numpy()))
    return found


def _volume(patches: Tensor, channel: int) -> np.ndarray:
    """(Z, Y, X) of one channel of a batch of volumes, or of planes that were one volume."""
    volume = patches[0, channel] if patches.ndim == 5 else patches[:, channel]
    array: np.ndarray = volume.float().cpu().numpy()
    return array
