"""A noisy volume in, a clean one in the same units out."""

from collections.abc import Sequence

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.imaging.open_volume import OpenVolume
from gvtstudio.prediction.checkpoint import Course
from gvtstudio.prediction.normalised import intensity_writer, normalised_reader
from gvtstudio.prediction.predictor import Predictor


def predict_volume(
    predictor: Predictor,
    volume: OpenVolume,
    scales: Sequence[PercentileNormalization],
    course: Course,
) -> None:
    """Denoise one volume; neither it nor the result is ever held.

    Args:
        predictor: Holds the network, or has one learn.
        volume: Where raw intensities come from and restored ones go, in the same units. With
            channels, the second is the width of the distribution around the first.
        scales: Normalisation of the whole volume, also where only a part of it is restored.
        course: Hears how it goes.
    """
    (scale,) = scales

    read, write = normalised_reader(volume, scales), intensity_writer(volume, scale)
    predictor.stream(
        OpenVolume(volume.shape, read, write, has_channels=volume.has_channels), course
    )
