"""Judging a generator that has no target: is it as sharp along Z, and true to the stack?"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from gvtstudio.imaging.isotropy import axial_spectra, lateral_change, spectrum_mismatch_db
from gvtstudio.training.cubes import IsotropicVolume
from gvtstudio.training.validation import Answers, middle_of

LARGEST_CROP = (64, 96, 96)
SHOWN = (48, 64, 64)
"""Of the first crop, two megabytes with input and answer; deep, to be looked at from the side."""
MOST_CROPS = 2
LARGEST_CHANGE = 0.15
"""Of the mean along Z, which an ideal restoration leaves as it is but for the noise."""
LARGEST_LATERAL_DB = 3.0
"""Of the spectra of XY planes; 1 to 2 are lost with the noise, a lateral blur costs more."""
UNFAITHFUL_DB = 100.0
"""Added to the score of what changes the lateral image more: it is only better than worse ones."""


class SpectrumJudge:
    """Compares the axial spectrum of the answer with its lateral one.

    The score is that mismatch in decibels, as long as the lateral image stays what it was: its mean
    along Z, and how sharp its planes are. How far the blurred answer is from the stack is told
    beside it.

    Args:
        volumes: The middle of the first few is taken, the same each time.
        blurred: What the backward generator makes of the generator's answer.
    """

    score = "isotropy_db"

    def __init__(
        self, volumes: Sequence[IsotropicVolume], blurred: Callable[[Tensor], Tensor]
    ) -> None:
        self._blurred = blurred
        self._crops = [
            volume.normalised(middle_of(volume.image.shape, LARGEST_CROP))
            for volume in volumes[:MOST_CROPS]
        ]
        self._lateral = [axial_spectra(crop).lateral for crop in self._crops]

    def numbers(self, answers: Answers) -> dict[str, float]:
        """The score, what it is made of, and the mean absolute error of the cycle."""
        found = []
        for crop, lateral in zip(self._crops, self._lateral, strict=True):
            image = _as_batch(crop)
            answer = answers(image).mean
            error = (self._blurred(answer) - answers.fitted(image)).abs().mean()
            restored = _volume(answer)
            spectra = axial_spectra(restored)
            found.append(
                (
                    spectrum_mismatch_db(spectra.lateral, spectra.axial),
                    spectrum_mismatch_db(lateral, spectra.lateral),
                    lateral_change(crop, restored),
                    float(error),
                )
            )
        mismatch, lateral_db, change, cycle = (float(value) for value in np.mean(found, axis=0))
        is_faithful = change <= LARGEST_CHANGE and lateral_db <= LARGEST_LATERAL_DB
        return {
            self.score: mismatch + (0.0 if is_faithful else UNFAITHFUL_DB * (1 + change)),
            "mismatch_db": mismatch,
            "lateral_db": lateral_db,
            "lateral_change": change,
            "cycle_mae": cycle,
        }

    def preview(self, answers: Answers) -> dict[str, np.ndarray]:
        """The middle of the first crop, and what the network makes of it."""
        crop = self._crops[0]
        middle = middle_of(crop.shape, SHOWN)
        restored = _volume(answers(_as_batch(crop)).mean)
        return {"input": crop[middle], "now": restored[middle]}


def _as_batch(crop: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(crop))[None, None]


def _volume(answer: Tensor) -> np.ndarray:
    volume: np.ndarray = answer[0, 0].float().cpu().numpy()
    return volume
