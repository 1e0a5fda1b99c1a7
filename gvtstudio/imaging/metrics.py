"""Measures of agreement between a restored image and the truth.

A network's output may differ from the truth by gain and offset alone. The normalisation named
``care`` (Weigert et al. 2018, Supplementary Note; MODELS §8) takes both out: the truth is divided
by its 0.1–99.9 percentile range, and the image is fitted to it by least squares. ``none`` compares
the numbers as they are, over the range of the truth. Either is settled once, by all voxels that
count; planes of a volume are then measured on the volume's scale.
"""

import copy
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct
from scipy import ndimage
from skimage.metrics import structural_similarity

Normalisation = Literal["care", "none"]

SSIM_WINDOW = 7
SSIM_3D_SIGMA = 1.5
SAMPLED_VOXELS = 1_000_000
SAMPLINGS = 30


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


class Comparison:
    """An image beside its truth, both raw and on one scale, inside a mask.

    Args:
        image: (Z, Y, X) or (Y, X), any units.
        truth: The same shape.
        normalisation: See the module's text.
        mask: The same shape, not zero where voxels count; ``None`` counts all of them.
        voxel_um: Size of a voxel along the axes of a volume, (Z, Y, X), ``None`` where not known.

    Raises:
        ValueError: Shapes differ, no voxel counts, or the truth is constant where voxels count.
    """

    def __init__(
        self,
        image: np.ndarray,
        truth: np.ndarray,
        normalisation: Normalisation = "care",
        mask: np.ndarray | None = None,
        voxel_um: tuple[float | None, float | None, float | None] = (None, None, None),
    ) -> None:
        for other in (image, image if mask is None else mask):
            if other.shape != truth.shape:
                raise ValueError(f"shapes {other.shape} and {truth.shape} differ")
        self.image, self.truth = image, truth
        self.mask = None if mask is None else mask != 0
        if self.mask is not None and not self.mask.any():
            raise ValueError("the mask is empty")
        self.voxel_um = voxel_um
        self.normalisation = normalisation
        self._put_on_one_scale()

    def _put_on_one_scale(self) -> None:
        image, truth = self.image.astype(np.float64), self.truth.astype(np.float64)
        known = self.inside(truth)
        low, high = known.min(), known.max()
        if high <= low:
            raise ValueError("the truth is constant")
        if self.normalisation == "care":
            bounds = np.percentile(known, (0.1, 99.9))
            low, high = bounds if bounds[1] > bounds[0] else (low, high)
        truth = (truth - low) / (high - low)
        self.level = 0.0
        if self.normalisation == "care":
            self.level = float(self.inside(truth).mean())
            truth -= self.level
            image -= self.inside(image).mean()
            image *= _best_gain(self.inside(image), self.inside(truth))
        else:
            image = (image - low) / (high - low)
        self.scaled_image, self.scaled_truth = image, truth

    def inside(self, values: np.ndarray) -> np.ndarray:
        """Those of some values, shaped like the image, that count; flat."""
        return values.reshape(-1) if self.mask is None else values[self.mask]

    def planes(self) -> Iterator[tuple[int, "Comparison"]]:
        """Number, from 0, and comparison of every plane of a volume in which a voxel counts."""
        for z in range(self.image.shape[0]):
            if self.mask is not None and not self.mask[z].any():
                continue
            plane = copy.copy(self)
            plane.image, plane.truth = self.image[z], self.truth[z]
            plane.scaled_image, plane.scaled_truth = self.scaled_image[z], self.scaled_truth[z]
            plane.mask = None if self.mask is None else self.mask[z]
            yield z, plane

    def within(self, mask: np.ndarray) -> "Comparison":
        """The same images on the scale they have, where only some voxels count.

        Args:
            mask: Shaped like the image, not zero where voxels count; at least one does.
        """
        part = copy.copy(self)
        part.mask = mask != 0
        return part

    @property
    def psnr_db(self) -> float:
        """Peak signal-to-noise ratio over a data range of one, in decibels."""
        error = self._squared_error()
        return float(10 * np.log10(1 / error)) if error > 0 else float("inf")

    @property
    def nrmse(self) -> float:
        """Root mean squared error over the data range."""
        return float(np.sqrt(self._squared_error()))

    @property
    def ssim(self) -> float:
        """Mean structural similarity, uniform window 7 wide (Wang et al. 2004, as scikit-image).

        The window has three dimensions where there are at least seven planes, else two. Voxels
        less than three from a border have no whole window and do not count. NaN where none does.
        """
        image, truth = self.scaled_image, self.scaled_truth
        is_thin = image.ndim == 3 and image.shape[0] < SSIM_WINDOW
        across = image.shape[1:] if is_thin else image.shape
        if min(across) < SSIM_WINDOW:
            return float("nan")
        if is_thin:
            pairs = zip(image, truth, strict=True)
            similar = np.stack([_similarity(a, b) for a, b in pairs])
        else:
            similar = _similarity(image, truth)
        border = SSIM_WINDOW // 2
        inner = tuple(slice(border, n - border) for n in across)
        if is_thin:
            inner = (slice(None), *inner)
        values = similar[inner] if self.mask is None else similar[inner][self.mask[inner]]
        return float(values.mean()) if values.size else float("nan")

    @property
    def ssim_3d(self) -> float:
        """Mean structural similarity, Gaussian window 7 wide with σ 1.5 in all dimensions.

        As CNNT's code has it (MODELS §5.4, §8): covariances of the population, zeros beyond the
        borders, every voxel counts, intensities cut to the range of the truth, 0 to 1.
        """
        x, y = (np.clip(a + self.level, 0, 1) for a in (self.scaled_image, self.scaled_truth))
        mean_x, mean_y = _blurred(x), _blurred(y)
        variances = _blurred(x * x) - mean_x**2 + _blurred(y * y) - mean_y**2
        covariance = _blurred(x * y) - mean_x * mean_y
        c1, c2 = 0.01**2, 0.03**2
        similar = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
        similar /= (mean_x**2 + mean_y**2 + c1) * (variances + c2)
        return float(self.inside(similar).mean())

    @property
    def pearson_r(self) -> float:
        """Correlation of the raw intensities; 0 where one of the two is constant."""
        return pearson(self.inside(self.image), self.inside(self.truth))

    @property
    def r_squared(self) -> float:
        """Coefficient of determination of the raw intensities; NaN where the truth is constant.

        1 − Σ(truth − image)² / Σ(truth − its mean)², which gain and offset lower (MODELS §8).
        """
        truth = self.inside(self.truth).astype(np.float64)
        spread = float(np.sum((truth - truth.mean()) ** 2))
        error = float(np.sum((truth - self.inside(self.image)) ** 2))
        return 1 - error / spread if spread > 0 else float("nan")

    def _squared_error(self) -> float:
        return float(np.mean(self.inside(self.scaled_image - self.scaled_truth) ** 2))


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
    compared = Comparison(image, truth, normalisation)
    return Agreement(
        psnr_db=compared.psnr_db,
        ssim=compared.ssim,
        nrmse=compared.nrmse,
        pearson_r=compared.pearson_r,
        normalisation=normalisation,
    )


def pearson(image: np.ndarray, truth: np.ndarray) -> float:
    """Pearson's correlation of the raw intensities; 0 where one of the two is constant."""
    a = image.astype(np.float64) - image.mean()
    b = truth.astype(np.float64) - truth.mean()
    spread = float(np.sqrt(np.mean(a**2) * np.mean(b**2)))
    return float(np.mean(a * b)) / spread if spread > 0 else 0.0


class SampledPearson(NamedTuple):
    """Mean and standard deviation of Pearson's correlation over random samples of voxels."""

    mean: float
    sd: float


def sampled_pearson(
    image: np.ndarray,
    truth: np.ndarray,
    voxels: int = SAMPLED_VOXELS,
    samplings: int = SAMPLINGS,
    seed: int = 0,
) -> SampledPearson:
    """Pearson's correlation of random voxels, drawn again and again.

    The protocol by which the Global Transformer U-Net was judged (MODELS §3.1): 1,000,000 voxels,
    30 times. They are drawn with replacement, so that images may have fewer. The standard deviation
    tells of the drawing alone, not of how stacks differ.

    Args:
        image: Any shape, raw intensities.
        truth: The same shape.
        voxels: Drawn each time.
        samplings: At least two.
        seed: The same seed draws the same voxels.
    """
    chance = np.random.default_rng(seed)
    image, truth = image.reshape(-1), truth.reshape(-1)
    found = []
    for _ in range(samplings):
        chosen = chance.integers(image.size, size=voxels)
        found.append(pearson(image[chosen], truth[chosen]))
    return SampledPearson(float(np.mean(found)), float(np.std(found, ddof=1)))


def _best_gain(image: np.ndarray, truth: np.ndarray) -> float:
    """What to multiply the centred image by so that the squared error is least."""
    power = float(np.mean(image**2))
    return float(np.mean(image * truth)) / power if power > 0 else 0.0


def _similarity(image: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Structural similarity around every voxel."""
    _, similar = structural_similarity(  # type: ignore[no-untyped-call]
        truth, image, win_size=SSIM_WINDOW, data_range=1.0, full=True
    )
    return np.asarray(similar)


def _blurred(image: np.ndarray) -> np.ndarray:
    """Through the Gaussian window of ``ssim_3d``, with zeros beyond the borders."""
    places = np.arange(SSIM_WINDOW) - SSIM_WINDOW // 2
    window = np.exp(-(places**2) / (2 * SSIM_3D_SIGMA**2))
    window /= window.sum()
    for axis in range(image.ndim):
        image = ndimage.correlate1d(image, window, axis, mode="constant")
    return image
