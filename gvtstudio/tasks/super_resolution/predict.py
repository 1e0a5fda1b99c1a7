"""A volume already enlarged to the pixels of the result in, a sharp one in the same units out."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import Box, OpenVolume, blocks_of, slices_of
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.normalised import normalised_reader
from gvtstudio.prediction.predictor import Predictor


def predict_volume(
    predictor: Predictor,
    volume: OpenVolume,
    scales: Sequence[PercentileNormalization],
    course: Course,
) -> None:
    """Sharpen one volume; neither it nor the result is ever held.

    Args:
        predictor: Holds the network.
        volume: Where raw intensities come from, on the grid of the result, and sharp ones go, in
            the same units. With channels, the second is the width of the distribution around the
            first.
        scales: Normalisation of the whole enlarged volume.
        course: Hears how it goes.
    """
    (scale,) = scales

    def write(box: Box, values: np.ndarray) -> None:
        for block in blocks_of(box):
            z, y, x = slices_of(block, box)
            sharp = scale.invert(values[..., z, y, x])
            if volume.has_channels:
                sharp[1:] -= scale.low  # a width has no offset
            volume.write(block, sharp)

    read = normalised_reader(volume, scales)
    predictor.stream(
        OpenVolume(volume.shape, read, write, has_channels=volume.has_channels), course
    )
