"""A noisy volume in, a clean one in the same units out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gvtstudio.domain.model_card import ModelCard
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.prediction.volume import VolumePredictor


@dataclass(frozen=True, slots=True)
class RestoredVolume:
    """Intensities in the units of the input, float64, and the normalisation that was undone."""

    image: np.ndarray
    scale: PercentileNormalization


def predict_volume(
    predictor: VolumePredictor,
    card: ModelCard,
    volume: np.ndarray,
    scale: PercentileNormalization | None,
    report: Callable[[int, int], None],
) -> RestoredVolume:
    """Denoise one volume.

    Args:
        predictor: Holds the network.
        card: Its card; names the percentiles.
        volume: (Z, Y, X) raw intensities.
        scale: Normalisation of the whole stack where ``volume`` is a part of it.
        report: Called with (voxels done, voxels in all); may raise ``Cancelled``.
    """
    scale = scale or PercentileNormalization.of(volume, card.normalisation_percentiles)
    restored = predictor.predict(scale.apply(volume), report)
    return RestoredVolume(scale.invert(restored), scale)
