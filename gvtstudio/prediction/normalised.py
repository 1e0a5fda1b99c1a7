"""What a network sees of a volume of raw intensities, and its answer in their units."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import (
    Box,
    OpenVolume,
    ReadBox,
    WriteBox,
    blocks_of,
    box_shape,
    slices_of,
)


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


def intensity_writer(volume: OpenVolume, scale: PercentileNormalization) -> WriteBox:
    """Writes boxes of the network's answer in the units of a volume.

    Args:
        volume: Where they go. With channels, the first is an intensity, and the others are widths
            of the distribution around it.
        scale: Of the volume.
    """

    def write(box: Box, values: np.ndarray) -> None:
        for block in blocks_of(box):
            z, y, x = slices_of(block, box)
            restored = scale.invert(values[..., z, y, x])
            if volume.has_channels:
                restored[1:] -= scale.low  # a width has no offset
            volume.write(block, restored)

    return write
