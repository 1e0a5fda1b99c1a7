"""What a recipe gives: one simulated stack and its truth."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from torch import Tensor

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.parameters import Value


class SimulatedPair(NamedTuple):
    """A stack as a microscope delivers it, and what it should have shown.

    The two may differ in size, type, channels and voxel size.

    Args:
        noisy: (Z, Y, X), or (Z, C, Y, X) with more than one channel.
        truth: Likewise.
        calibration: Voxel size of the noisy stack.
        channels: Of the noisy stack.
        truth_calibration: Voxel size of the truth; ``None`` where it is that of the noisy stack.
        truth_channels: Of the truth; empty where they are those of the noisy stack.
        drawn: What chance chose and a test may ask for, by name.
    """

    noisy: np.ndarray
    truth: np.ndarray
    calibration: Calibration
    channels: tuple[Channel, ...]
    truth_calibration: Calibration | None = None
    truth_channels: tuple[Channel, ...] = ()
    drawn: Mapping[str, Value] = {}


def calibrated(z_um: float | None, pixel_um: float) -> Calibration:
    """The voxel size of a simulated file: square pixels, and planes unless there is one alone."""
    return Calibration(z_um=z_um, y_um=pixel_um, x_um=pixel_um, source="file")


def as_array(drawn: Tensor, dtype: str) -> np.ndarray:
    """What was computed, in the type of the file."""
    return drawn.cpu().numpy().astype(dtype)
