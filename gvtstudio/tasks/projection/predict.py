"""A noisy volume in, a clean image of the surface in it out, in the same units."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import Box, OpenVolume
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.normalised import normalised_reader
from gvtstudio.prediction.volume import VolumePredictor


def predict_volume(
    predictor: VolumePredictor,
    volume: OpenVolume,
    scales: Sequence[PercentileNormalization],
    course: Course,
) -> None:
    """Project one volume; it is never held.

    Args:
        predictor: Holds the network.
        volume: Where raw intensities come from, and where the image goes, in the same units and as
            a single plane. With channels, the second is the height of the surface, in planes
            counted from 0, where the network was asked for it, and the last the width of the
            distribution around the first.
        scales: Normalisation of the whole volume.
        course: Hears how it goes.
    """
    (scale,) = scales

    def write(box: Box, values: np.ndarray) -> None:
        if not volume.has_channels:
            volume.write(box, scale.invert(values))
            return
        image = scale.invert(values[:1])
        extras = [
            values[channel] if output == "height" else scale.invert(values[channel]) - scale.low
            for channel, output in enumerate(predictor.outputs[1:], start=1)
        ]
        volume.write(box, np.stack([image[0], *extras]))

    read = normalised_reader(volume, scales)
    predictor.stream(
        OpenVolume(volume.shape, read, write, has_channels=volume.has_channels), course
    )
