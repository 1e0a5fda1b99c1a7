"""The numbers of every row of ``MEASURES`` for one comparison; NaN where they cannot be told."""

from math import nan

import numpy as np

from gvtstudio.imaging.metrics import Comparison, sampled_pearson
from gvtstudio.imaging.resolution import SMALLEST, ring_correlation, single_image_correlation
from gvtstudio.imaging.spots import measure_spots


def psnr(compared: Comparison) -> tuple[float, ...]:
    """Peak signal-to-noise ratio in decibels."""
    return (compared.psnr_db,)


def ssim(compared: Comparison) -> tuple[float, ...]:
    """Structural similarity, uniform window."""
    return (compared.ssim,)


def nrmse(compared: Comparison) -> tuple[float, ...]:
    """Root mean squared error over the data range."""
    return (compared.nrmse,)


def pearson(compared: Comparison) -> tuple[float, ...]:
    """Correlation of the raw intensities."""
    return (compared.pearson_r,)


def ssim3d(compared: Comparison) -> tuple[float, ...]:
    """Structural similarity, Gaussian window."""
    return (compared.ssim_3d,)


def r2(compared: Comparison) -> tuple[float, ...]:
    """Coefficient of determination of the raw intensities."""
    return (compared.r_squared,)


def pearson_sampled(compared: Comparison) -> tuple[float, ...]:
    """Correlation of random voxels: mean and standard deviation of the samplings."""
    return sampled_pearson(compared.inside(compared.image), compared.inside(compared.truth))


def frc(compared: Comparison) -> tuple[float, ...]:
    """Resolution in µm up to which image and truth agree; of the rectangle around a mask."""
    pixel_um = _pixel_um(compared)
    box = _box(compared)
    image, truth = compared.image[box], compared.truth[box]
    if pixel_um is None or min(image.shape[-2:]) < SMALLEST:
        return (nan,)
    return (ring_correlation(image, truth, pixel_um).resolution_um,)


def frc_single(compared: Comparison) -> tuple[float, ...]:
    """Resolution in µm of the image alone; of the rectangle around a mask."""
    pixel_um = _pixel_um(compared)
    image = compared.image[_box(compared)]
    if pixel_um is None or min(image.shape[-2:]) < 2 * SMALLEST:
        return (nan,)
    return (single_image_correlation(image, pixel_um).resolution_um,)


def spots(compared: Comparison) -> tuple[float, ...]:
    """Count and widths of the image's spots, and the widths of the truth's."""
    z_um, y_um, x_um = compared.voxel_um
    if y_um is None or x_um is None:
        return (nan,) * 7
    # without the distance of planes only the axial widths cannot be told
    size = (nan if z_um is None else z_um, y_um, x_um)
    ours, good = (
        measure_spots(image, size, compared.mask) for image in (compared.image, compared.truth)
    )
    return (*ours, good.lateral_um, good.axial_um)


def _pixel_um(compared: Comparison) -> tuple[float, float] | None:
    _, y_um, x_um = compared.voxel_um
    return None if y_um is None or x_um is None else (y_um, x_um)


def _box(compared: Comparison) -> tuple[slice, ...]:
    """The smallest block of rows, columns and planes that holds the mask."""
    mask = compared.mask
    if mask is None:
        return (slice(None),) * compared.image.ndim
    places = np.nonzero(mask)
    return tuple(slice(int(p.min()), int(p.max()) + 1) for p in places)
