"""Channels of a volume in, the label of every voxel out."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import Box, OpenVolume, blocks_of, box_shape, slices_of
from gvtstudio.prediction.checkpoint import Course
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

    def read(box: Box) -> np.ndarray:
        normalised = np.empty((len(scales), *box_shape(box)), np.float32)
        for block in blocks_of(box):
            place = slices_of(block, box)
            channels = zip(normalised, volume.read(block), scales, strict=True)
            for channel, raw, scale in channels:
                channel[place] = scale.apply(raw)
        return normalised

    def write(box: Box, scores: np.ndarray) -> None:
        volume.write(box, scores.argmax(0)[None].astype(np.float32))

    predictor.stream(OpenVolume(volume.shape, read, write, has_channels=True), course)
