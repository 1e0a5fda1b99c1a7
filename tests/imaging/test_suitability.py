import numpy as np
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.imaging.suitability import judge_volume, refuse_unsuitable


def _info(dtype: str = "uint16", *, is_rgb: bool = False) -> StackInfo:
    return StackInfo(
        path="cells.tif",
        shape=(1, 5, 1, 8, 8),
        dtype=dtype,
        channels=default_channels(1),
        calibration=Calibration(),
        is_rgb=is_rgb,
    )


def test_measurements_pass():
    for dtype in ("uint8", "uint16", "int16", "float32"):
        refuse_unsuitable(_info(dtype))


def test_a_colour_picture_is_refused_with_the_way_out():
    with pytest.raises(StackUnsuitable, match=r"cells\.tif.*RGB") as refused:
        refuse_unsuitable(_info("uint8", is_rgb=True))
    assert "Split Channels" in refused.value.remedy


def test_truth_values_are_no_intensities():
    with pytest.raises(StackUnsuitable):
        refuse_unsuitable(_info("bool"))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_numbers_are_counted(bad: float):
    volume = np.ones((5, 8, 8), np.float32)
    volume[0, 0, :3] = bad
    with pytest.raises(StackUnsuitable, match="3 voxels") as refused:
        judge_volume(volume, "cells.tif")
    assert refused.value.remedy


def test_a_constant_volume_is_told():
    verdict = judge_volume(np.zeros((5, 8, 8), np.uint16), "cells.tif")
    assert verdict.is_constant
    assert "same value" in verdict.warnings[0]


def test_saturation_is_told_with_its_share():
    volume = np.random.default_rng(0).integers(0, 200, (5, 8, 8), np.uint8)
    volume[:, :4] = 255
    verdict = judge_volume(volume, "cells.tif")
    assert not verdict.is_constant
    assert "saturated in 50.0 %" in verdict.warnings[0]


def test_a_few_bright_voxels_are_not_saturation():
    volume = np.zeros((5, 50, 50), np.uint8)
    volume[0, 0, 0] = 255
    assert judge_volume(volume, "cells.tif").warnings == ()
