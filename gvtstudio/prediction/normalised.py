"""What a network sees of a volume of raw intensities."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import Box, OpenVolume, ReadBox, blocks_of, box_shape, slices_of


def normalised_reader(volume: OpenVolume, scales: Sequence[PercentileNormalization]) -> ReadBox:
    """Reads boxes of a volume on the network's scale, float32, as ``volume`` has them.

    Args:
        volume: Of raw intensities.
        scales: Of every channel; one where the volume has no channels.
    """

    def read(box: Box) -> np.ndarray:
        normalised = np.empty((len(scales), *box_shape(box)), np.float32)
        for block in blocks_of(box):
            place, raw = slices_of(block, box), volume.read(block)
            channels = raw if raw.ndim == normalised.ndim else raw[None]
            for channel, values, scale in zip(normalised, channels, scales, strict=True):
                channel[place] = scale.apply(values)
        return normalised if volume.has_channels else normalised[0]

    return read
