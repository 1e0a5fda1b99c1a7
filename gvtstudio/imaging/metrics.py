"""Measures of agreement between a restored image and the truth.

A network's output may differ from the truth by gain and offset alone. The normalisation named
``care`` (Weigert et al. 2018, Supplementary Note; MODELS §8) takes both out: the truth is divided
by its 0.1–99.9 percentile range, and the image is fitted to it by least squares. ``none`` compares
the numbers as they are, over the range of the truth.
"""

from typing import Literal

import numpy as np
from msgspec import Struct
from skimage.metrics import structural_similarity

Normalisation = Literal["care", "none"]

SSIM_WINDOW = 7


class Agreement(Struct, frozen=True):
    """How close an image is to the truth.

    Args:
        psnr_db: Peak signal-to-noise ratio over a data range of one, in decibels.
        ssim: Mean structural similarity, uniform window 7 wide (in all three dimensions where
            there are at least seven planes, else per plane).
        nrmse: Root mean squared error over the data range.
        pearson_r: Correlation of the raw intensities.
        normalisation: How gain and offset were treated.
    """

    psnr_db: float
    ssim: float
    nrmse: float
    pearson_r: float
    normalisation: Normalisation


def measure_agreement(
    image: np.ndarray, truth: np.ndarray, normalisation: Normalisation = "care"
) -> Agreement:
    """Compare an image with the truth.

    Args:
        image: (Z, Y, X) or (Y, X), any units.
        truth: The same shape.
        normalisation: See the module's text.

    Raises:
        ValueError: Shapes differ, or the truth is constant.
    """
    if image.shape != truth.shape:
        raise ValueError(f"shapes {image.shape} and {truth.shape} differ")
    image, truth = image.astype(np.float64), truth.astype(np.float64)
    low, high = np.percentile(truth, (0.1, 99.9)) if normalisation == "care" else _range(truth)
    if high <= low:
        low, high = _range(truth)
    if high <= low:
        raise ValueError("the truth is constant")
    correlation = pearson(image, truth)
    truth = (truth - low) / (high - low)
    if normalisation == "care":
        image, truth = _fitted(image, truth)
    else:
        image = (image - low) / (high - low)
    error = float(np.mean((image - truth) ** 2))
    return Agreement(
        psnr_db=float(10 * np.log10(1 / error)) if error > 0 else float("inf"),
        ssim=_similarity(image, truth),
        nrmse=float(np.sqrt(error)),
        pearson_r=correlation,
        normalisation=normalisation,
    )


def pearson(image: np.ndarray, truth: np.ndarray) -> float:
    """Pearson's correlation of the raw intensities; 0 where one of the two is constant."""
    a = image.astype(np.float64) - image.mean()
    b = truth.astype(np.float64) - truth.mean()
    spread = float(np.sqrt(np.mean(a**2) * np.mean(b**2)))
    return float(np.mean(a * b)) / spread if spread > 0 else 0.0


def _range(image: np.ndarray) -> tuple[float, float]:
    return float(image.min()), float(image.max())


def _fitted(image: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both centred, the image scaled so that the squared error is least."""
    image, truth = image - image.mean(), truth - truth.mean()
    power = float(np.mean(image**2))
    scale = float(np.mean(image * truth)) / power if power > 0 else 0.0
    return image * scale, truth


def _similarity(image: np.ndarray, truth: np.ndarray) -> float:
    if image.ndim == 3 and image.shape[0] < SSIM_WINDOW:
        planes = zip(image, truth, strict=True)
        return float(np.mean([_similarity(a, b) for a, b in planes]))
    if min(image.shape) < SSIM_WINDOW:
        return float("nan")
    similarity = structural_similarity(  # type: ignore[no-untyped-call]
        truth, image, win_size=SSIM_WINDOW, data_range=1.0
    )
    return float(similarity)
