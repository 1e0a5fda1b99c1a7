"""Power spectra and Fourier ring correlation of stacks, with the resolution that follows."""

from math import nan

import numpy as np

from gvtstudio.domain.analysis import Analysis, Curve
from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.imaging.analysis.volumes import AnalysedVolumes
from gvtstudio.imaging.isotropy import SMALLEST, anisotropy_db
from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.imaging.resolution import RingCorrelation, ring_correlation, single_image_correlation
from gvtstudio.imaging.spectra import plane_spectra


def spectra(volumes: AnalysedVolumes) -> Analysis:
    """The mean power spectra of all XY, XZ and YZ planes of every stack.

    Beside them stands how differently the spectrum falls along Z and across, in decibels
    (``isotropy.anisotropy_db``, of the volume brought to cubic voxels): 0 where a stack is as sharp
    along Z as across.
    """
    rows, curves = {}, []
    for index in volumes.shown:
        volume, voxel_um = volumes.measured(index), volumes.voxel_um(index)
        found = plane_spectra(volume, voxel_um)
        if not found:
            raise StackUnsuitable(
                f"The region of {volumes.titles[index]} is too small for a spectrum.",
                "Choose at least four rows and columns.",
            )
        rows[index] = {"anisotropy": _anisotropy_db(volume, voxel_um)}
        for name, spectrum in found.items():
            # the mean was taken out, so the first one tells nothing
            frequency, power = (part[1:].tolist() for part in spectrum)
            curves.append(Curve(index, name, tuple(frequency), tuple(power)))
    columns = {"anisotropy": "along Z against across (dB, 0: alike)"}
    labels = (_frequency(volumes), "Power")
    return volumes.answer(columns, rows, curves, labels, is_logarithmic=True)


def resolutions(volumes: AnalysedVolumes) -> Analysis:
    """Fourier ring correlation in XY, and the finest detail where it falls to 1/7.

    Stacks are correlated with the truth where there is one, and the others, like all where there is
    none, with themselves: each plane is split into two by its diagonals.
    """
    request = volumes.request
    truth = None if request.truth is None else volumes.measured(request.truth)
    rows, curves = {}, []
    for index in volumes.shown:
        image = volumes.measured(index)
        is_judged = truth is not None and index != request.truth and image.shape == truth.shape
        _, height, width = volumes.voxel_um(index)
        try:
            if truth is not None and is_judged:
                found = ring_correlation(image, truth, (height, width))
            else:
                found = single_image_correlation(image, (height, width))
        except ValueError as error:
            raise StackUnsuitable(
                f"{volumes.titles[index]}: {error}.", "Choose a larger region."
            ) from error
        rows[index] = {
            "resolution": found.resolution_um,
            "finest": found.finest_um,
            "against": float(request.truth + 1) if is_judged and request.truth is not None else 0,
        }
        curves.append(_correlation_curve(index, found))
        if truth is not None and index != request.truth and not is_judged:
            volumes.notes.append(
                f"{volumes.titles[index]} has other voxels than the truth: it is split instead."
            )
    if any(row["against"] == 0 for row in rows.values()):
        volumes.notes.append(
            "A stack that is split tells how alike neighbouring pixels are: of a restored one that "
            "is smoothness, not true detail."
        )
    columns = {
        "resolution": f"resolution ({volumes.unit})",
        "finest": f"finest that can be told ({volumes.unit})",
        "against": "correlated with stack (0: split)",
    }
    return volumes.answer(columns, rows, curves, (_frequency(volumes), "Correlation"))


def _correlation_curve(index: int, found: RingCorrelation) -> Curve:
    return Curve(
        index, "", tuple(found.frequency_per_um[1:].tolist()), tuple(found.smoothed[1:].tolist())
    )


def _anisotropy_db(volume: np.ndarray, voxel_um: tuple[float, float, float]) -> float:
    """NaN of volumes with too few voxels."""
    finest = min(voxel_um)
    cubes = [round(n * size / finest) for n, size in zip(volume.shape, voxel_um, strict=True)]
    if min(volume.shape) < SMALLEST:
        return nan
    if tuple(cubes) != volume.shape:
        volume = resample_volume(volume, (cubes[0], cubes[1], cubes[2]))
    return anisotropy_db(volume)


def _frequency(volumes: AnalysedVolumes) -> str:
    return f"Spatial frequency (cycles per {volumes.unit.removesuffix('s')})"
