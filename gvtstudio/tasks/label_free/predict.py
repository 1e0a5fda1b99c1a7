"""A volume in transmitted light in, the fluorescence of every label out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import Box, OpenVolume, ReadBox
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.mirrored import MirroredVolume
from gvtstudio.prediction.normalised import normalised_reader
from gvtstudio.prediction.volume import VolumePredictor


def predict_volume(
    predictor: VolumePredictor,
    volume: OpenVolume,
    scales: Sequence[PercentileNormalization],
    course: Course,
) -> None:
    """Predict the stains of one volume; neither it nor they are ever held.

    Args:
        predictor: Holds the network.
        volume: Where raw intensities come from, (Z, Y, X), and where the network's answers go,
            (C, Z, Y, X) on its own scale: a channel for each label, and where more is asked of the
            network, as many again behind them.
        scales: Normalisation of the whole volume.
        course: Hears how it goes.
    """
    read = normalised_reader(replace(volume, has_channels=False), scales)
    predictor.stream(_as_channels(predictor, volume, read), course)


def _as_channels(predictor: VolumePredictor, volume: OpenVolume, read: ReadBox) -> OpenVolume:
    """The volume as the network sees it, which may take several planes for channels."""
    depth, *size = volume.shape
    height, width = size

    def as_it_is(box: Box) -> np.ndarray:
        return read(box)[None]

    def all_planes(box: Box) -> np.ndarray:
        return read(((0, depth), *box[1:]))[:, None]

    planes = predictor.in_channels
    before = planes // 2
    mirrored = MirroredVolume(volume.shape, read, [(before, planes), (0, 0), (0, 0)])

    def planes_around(box: Box) -> np.ndarray:
        (first, last), *across = box
        block = mirrored.read(((first, last + planes - 1), *across))
        return np.stack([block[k : k + last - first] for k in range(planes)])

    if volume.gives_one_plane:
        return OpenVolume((1, height, width), all_planes, volume.write, has_channels=True)
    reader = planes_around if predictor.takes_images else as_it_is
    return OpenVolume(volume.shape, reader, volume.write, has_channels=True)
