"""Channels of a volume in, the label of every voxel out."""

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
    """Label one volume; neither its channels nor the labels are ever held.

    Args:
        predictor: Holds the network, which gives a score for every class.
        volume: Where raw intensities come from, (C, Z, Y, X), and where labels go, (1, Z, Y, X).
        scales: Normalisation of every channel, of the whole volume.
        course: Hears how it goes.
    """

    def write(box: Box, scores: np.ndarray) -> None:
        volume.write(box, scores.argmax(0)[None].astype(np.float32))

    read = normalised_reader(volume, scales)
    predictor.stream(OpenVolume(volume.shape, read, write, has_channels=True), course)
