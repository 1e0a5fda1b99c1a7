"""Windows that a network is shown with what lies around them.

Some networks restore the centre half of what they see. A window is then read with half its width on
every side, from the volume itself and, where that ends, mirrored.
"""

from typing import Any

import numpy as np

from gvtstudio.imaging.open_volume import Box, OpenVolume, slices_of
from gvtstudio.prediction.mirrored import MirroredVolume


def with_surroundings(volume: OpenVolume, window: int) -> OpenVolume:
    """The volume for a prediction in windows: what is read is larger than the box that is asked.

    Args:
        volume: To be predicted.
        window: Width of the windows; smaller planes are mirrored up to it.

    Returns:
        A volume whose boxes of ``window`` × ``window`` pixels are read twice as wide and high.
    """
    depth, *size = volume.shape
    half = window // 2
    missing = [max(window - n, 0) for n in size]
    ends = [(n // 2, n - n // 2) for n in missing]
    inner = MirroredVolume(volume.shape, volume.read, [(0, 0), *ends])
    around = [(before + half, after + half) for before, after in ends]
    outer = MirroredVolume(volume.shape, volume.read, [(0, 0), *around])

    def read(box: Box) -> np.ndarray:
        planes, *across = box
        return outer.read((planes, *((a, b + 2 * half) for a, b in across)))

    def write(box: Box, values: np.ndarray) -> None:
        there, here = inner.inside(box)
        if all(b > a for a, b in there):
            inside: Any = (..., *slices_of(here))
            volume.write(there, values[inside])

    _, height, width = inner.size
    return OpenVolume((depth, height, width), read, write, volume.has_channels)
