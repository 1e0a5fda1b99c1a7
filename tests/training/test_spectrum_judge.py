"""What is sharp along Z and true to the stack scores best; what is only sharp does not."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from gvtstudio.networks.layers.outputs import Restored
from gvtstudio.training.spectrum_judge import SpectrumJudge
from tests.training.cycles_for_tests import grains, volume_of

SHARP = grains((64, 48, 48), 1.2)
BLURRED = ndimage.gaussian_filter1d(SHARP, 3, axis=0, mode="wrap")


class Answering:
    """Answers with a given volume, whatever it is asked."""

    def __init__(self, volume: np.ndarray) -> None:
        self._volume = torch.from_numpy(np.ascontiguousarray(volume, np.float32))[None, None]

    def __call__(self, image: torch.Tensor) -> Restored:
        return Restored(self._volume)

    def fitted(self, patches: torch.Tensor) -> torch.Tensor:
        return patches


@pytest.fixture
def judge() -> SpectrumJudge:
    def blurred(restored: torch.Tensor) -> torch.Tensor:
        again = ndimage.gaussian_filter1d(restored.numpy(), 3, axis=2, mode="wrap")
        return torch.from_numpy(again)

    return SpectrumJudge([volume_of(BLURRED)], blurred)


def test_the_sharp_volume_beats_the_stack_itself_and_a_wrong_sharp_one(judge: SpectrumJudge):
    scale = volume_of(BLURRED).scale
    other = grains((64, 48, 48), 1.2, seed=1)
    truth, same, wrong = (
        judge.numbers(Answering(scale.apply(volume))) for volume in (SHARP, BLURRED, other)
    )
    assert truth["isotropy_db"] < 0.5 * same["isotropy_db"]
    assert truth["isotropy_db"] == truth["mismatch_db"]
    assert truth["lateral_change"] < 0.01
    assert truth["cycle_mae"] < 0.05
    # as sharp, but another volume: it is out of the question
    assert wrong["mismatch_db"] < same["mismatch_db"]
    assert wrong["lateral_change"] > 0.5
    assert wrong["isotropy_db"] > 100


def test_the_preview_shows_input_and_answer(judge: SpectrumJudge):
    images = judge.preview(Answering(SHARP))
    assert images["input"].shape == images["now"].shape == (48, 48, 48)
    np.testing.assert_array_equal(images["now"], SHARP[8:56].astype(np.float32))
