"""Sharpened volumes against their targets, on fields a training never saw.

Everything is measured on one scale for a whole volume, and on that scale once more in the
foreground and in the background of the target, which Otsu's threshold (1979) tells apart: most of
an image is background, where there is nothing to sharpen.
"""

from collections.abc import Sequence

import numpy as np
from skimage.filters import threshold_otsu

from gvtstudio.domain.model_card import Score
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.imaging.metrics import Comparison
from gvtstudio.imaging.sharpening import best_sharpening
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.training.fields import PairedField
from gvtstudio.training.scoring import METRICS, FieldScoring, Rivals
from gvtstudio.training.verdict import RivalWords

ENLARGED = RivalWords("bicubic enlargement", "the best classical sharpening")
PARTS = ("foreground", "background")


def measured(image: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Every metric, everywhere and in each part of the target.

    Args:
        image: (Z, Y, X).
        target: (Z, Y, X), not constant.
    """
    compared = Comparison(image, target)
    values = {metric: float(getattr(compared, metric)) for metric in METRICS}
    is_bright = target > threshold_otsu(target)  # type: ignore[no-untyped-call]
    for part, mask in zip(PARTS, (is_bright, ~is_bright), strict=True):
        inside = compared.within(mask)
        values |= {f"{metric} {part}": float(getattr(inside, metric)) for metric in METRICS}
    return values


def gains(scores: Sequence[Score]) -> str:
    """What the network gains over bicubic enlargement, as the field reports it."""
    parts = [_gain(scores, f" {part}") for part in PARTS]
    inside = "; ".join(f"{part} {gain}" for part, gain in zip(PARTS, parts, strict=True))
    return f"Gained over bicubic enlargement: {_gain(scores, '')} ({inside})."


def _gain(scores: Sequence[Score], part: str) -> str:
    decibels, similarity = (
        np.mean([s.restored - s.raw for s in scores if s.metric == f"{metric}{part}"])
        for metric in ("psnr_db", "ssim")
    )
    return f"{decibels:+.2f} dB PSNR, {similarity:+.3f} SSIM"


SHARPENED = Rivals(raw=lambda image: image, classical=best_sharpening, measure=measured)


class SharpeningScoring(FieldScoring):
    """Bicubic enlargement, tuned classical sharpening and the network, against the target.

    Args:
        apart: Fields that were never trained on; the first few pairs are scored.
        reporter: Hears of every pair, and what is gained over bicubic.
        settings: How networks compute.
    """

    def __init__(
        self, apart: Sequence[PairedField], reporter: JobReporter, settings: PredictionSettings
    ) -> None:
        super().__init__(apart, reporter, SHARPENED, settings)
        self._has_spoken = False

    def __call__(self, network: Network) -> list[Score]:
        """Scores of every pair; the first to be asked is the trained network, and is told.

        Args:
            network: On the processor, where it is afterwards, too.
        """
        scores = super().__call__(network)
        if not self._has_spoken and scores:
            self._has_spoken = True
            self._reporter.log(gains(scores))
        return scores
