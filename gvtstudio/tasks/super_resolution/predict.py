"""A volume already enlarged to the pixels of the result in, a sharp one in the same units out."""

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

    read, write = normalised_reader(volume, scales), intensity_writer(volume, scale)
    predictor.stream(
        OpenVolume(volume.shape, read, write, has_channels=volume.has_channels), course
    )
