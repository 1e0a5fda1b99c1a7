"""Judging a network that tells classes apart, by fixed crops of volumes never trained on."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from gvtstudio.training.labelled import LabelledVolume, class_numbers
from gvtstudio.training.patches import cut_patch
from gvtstudio.training.validation import (
    LARGEST_CROP,
    LARGEST_PREVIEW,
    Answers,
    ValidationPair,
    middle_of,
)


class LabelsJudge:
    """One minus the mean Dice coefficient of all classes but the background.

    Args:
        crops: Normalised (1, C, Z, Y, X) inputs and the classes (1, 1, Z, Y, X) of their voxels.
        labels: That of each class; 0 is the background.
    """

    score = "validation_dice_missing"

    def __init__(self, crops: Sequence[ValidationPair], labels: Sequence[int]) -> None:
        self._crops = crops
        self._labels = labels

    def numbers(self, answers: Answers) -> dict[str, float]:
        """``validation_dice``, every class being counted over all crops, and what it lacks of 1."""
        if not self._crops:
            return {}
        classes = len(self._labels)
        table = torch.zeros(classes * classes, dtype=torch.long)
        for image, target in self._crops:
            scores = answers(image).scores
            if not torch.isfinite(scores).all():
                return {self.score: float("nan"), "validation_dice": float("nan")}
            pairs = classes * answers.fitted(target)[:, 0] + scores.argmax(1)
            table += torch.bincount(pairs.flatten().cpu(), minlength=classes * classes)
        dice = self._mean_dice(table.reshape(classes, classes).double())
        return {self.score: 1 - dice, "validation_dice": dice}

    def _mean_dice(self, table: Tensor) -> float:
        """Of the classes that occur; with nothing but background found as such it is 1.

        Args:
            table: Voxels by class in truth (rows) and class found (columns).
        """
        sizes = table.sum(0) + table.sum(1)
        counts = torch.tensor([label != 0 for label in self._labels]) & (sizes > 0)
        if not counts.any():
            return 1.0
        return float((2 * table.diagonal()[counts] / sizes[counts]).mean())

    def preview(self, answers: Answers) -> dict[str, np.ndarray]:
        """The middle of the first crop: its first channel, the labels now, and as they should be.

        The labels are shown as the numbers of their classes.
        """
        if not self._crops:
            return {}
        image, target = self._crops[0]
        middle = (..., *middle_of(tuple(image.shape[2:]), LARGEST_PREVIEW))
        image, target = image[middle], target[middle]
        now = answers(image).scores.argmax(1, keepdim=True)
        images = {
            "input": answers.fitted(image)[:, :1],
            "now": now,
            "target": answers.fitted(target),
        }
        shape = target.shape[2:]
        return {name: t.float().cpu().numpy().reshape(shape) for name, t in images.items()}


def validation_crops(
    volumes: Iterable[LabelledVolume], labels: Sequence[int]
) -> list[ValidationPair]:
    """The middle of every volume kept apart, normalised, and the classes of its voxels."""
    crops = []
    for volume in volumes:
        middle = middle_of(volume.labels.shape, LARGEST_CROP)
        z, y, x = (part.start for part in middle)
        depth, height, width = (part.stop - part.start for part in middle)
        corner, size = (z, y, x), (depth, height, width)
        image = torch.from_numpy(volume.normalised(corner, size))[None]
        classes = class_numbers(cut_patch(volume.labels, corner, size), labels)
        crops.append((image, torch.from_numpy(classes)[None, None]))
    return crops
