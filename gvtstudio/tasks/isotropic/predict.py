"""A volume whose voxels are as deep as wide in, one as sharp along Z as laterally out."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import Box, OpenVolume, blocks_of, box_shape, slices_of
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.normalised import intensity_writer
from gvtstudio.prediction.predictor import Predictor


def predict_volume(
    predictor: Predictor,
    volume: OpenVolume,
    scales: Sequence[PercentileNormalization],
    course: Course,
) -> None:
    """Sharpen one volume; neither it nor the result is ever held.

    Voxels outside the percentiles of the normalisation are saturated, as in the training.

    Args:
        predictor: Holds the network.
        volume: Where raw intensities come from, on the isotropic grid, and restored ones go, in
            the same units.
        scales: Normalisation of the whole volume.
        course: Hears how it goes.
    """
    (scale,) = scales

    def read(box: Box) -> np.ndarray:
        normalised = np.empty(box_shape(box), np.float32)
        for block in blocks_of(box):
            normalised[slices_of(block, box)] = np.clip(scale.apply(volume.read(block)), 0, 1)
        return normalised[None] if volume.has_channels else normalised

    write = intensity_writer(volume, scale)
    predictor.stream(
        OpenVolume(volume.shape, read, write, has_channels=volume.has_channels), course
    )
