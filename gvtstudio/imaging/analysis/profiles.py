"""Intensities along a line, or along Z, and the widths of their peaks."""

from math import nan

import numpy as np
from scipy import ndimage

from gvtstudio.domain.analysis import Analysis, Box3, Curve
from gvtstudio.domain.errors import UsageError
from gvtstudio.imaging.analysis.volumes import AnalysedVolumes
from gvtstudio.imaging.fwhm import fit_gaussian, fwhm_by_interpolation

NONE = 1e-9
"""A line that goes no further along an axis lies in the plane across it."""
LARGEST_WIDTH = 1000.0


def line_profiles(volumes: AnalysedVolumes) -> Analysis:
    """The intensities of all stacks along one straight line, linearly interpolated.

    Every stack is sampled once for each of its own voxels that the line passes. A line that is
    wider than a pixel is averaged across itself, within the plane it lies in: XY, XZ, YZ, or else
    horizontally.

    Raises:
        UsageError: There is no line, or it does not lie in the first stack.
    """
    ends = _ends(volumes)
    rows, curves = {}, []
    for index in volumes.shown:
        distances, values = _along(volumes, index, ends)
        if not values.size:
            volumes.notes.append(f"{volumes.titles[index]} does not reach to the line.")
            continue
        curves.append(_curve(index, distances, values))
        rows[index] = peak_numbers(distances, values)
    labels = (f"Distance along the line ({volumes.unit})", "Intensity")
    return volumes.answer(_columns(volumes.unit), rows, curves, labels)


def z_profiles(volumes: AnalysedVolumes) -> Analysis:
    """The mean intensity of every plane of the measured region, of all stacks."""
    rows, curves = {}, []
    first = volumes.place((0, 0, 0))[0]
    for index in volumes.shown:
        box = volumes.box(index)
        if box is None:
            volumes.notes.append(f"{volumes.titles[index]} does not reach to the region.")
            continue
        planes, values = _means(volumes, index, box)
        geometry = volumes.geometries[index]
        places = geometry.start[0] + (planes + 0.5) * geometry.voxel[0]
        depths = (places - first) * volumes.unit_um
        curves.append(_curve(index, depths, values))
        rows[index] = peak_numbers(depths, values)
    labels = (f"Depth from the first slice ({volumes.unit})", "Mean intensity")
    return volumes.answer(_columns(volumes.unit), rows, curves, labels)


def peak_numbers(places: np.ndarray, values: np.ndarray) -> dict[str, float]:
    """Width and height of the one peak of a profile; NaN where there is none.

    Args:
        places: (N,), evenly spaced.
        values: (N,) intensities.
    """
    step = float(places[1] - places[0]) if len(places) > 1 else 1.0
    peak = fit_gaussian(values, step)
    return {
        "fwhm": peak.fwhm_um if peak else nan,
        "fwhm_interpolated": fwhm_by_interpolation(values, step),
        "centre": float(places[0]) + peak.centre_um if peak else nan,
        "height": peak.height if peak else nan,
        "background": peak.background if peak else nan,
        "r_squared": peak.r_squared if peak else nan,
        "low": float(values.min()),
        "high": float(values.max()),
        "mean": float(values.mean()),
    }


def _columns(unit: str) -> dict[str, str]:
    return {
        "fwhm": f"FWHM ({unit})",
        "fwhm_interpolated": f"FWHM at half height ({unit})",
        "centre": f"centre ({unit})",
        "height": "height",
        "background": "background",
        "r_squared": "R²",
        "low": "lowest",
        "high": "highest",
        "mean": "mean",
    }


def _ends(volumes: AnalysedVolumes) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of the line in the space."""
    line, sizes = volumes.request.line, volumes.geometries[0].sizes
    if line is None:
        raise UsageError("There is no line to measure along.", "Give or draw one.")
    inside = all(
        -0.5 <= coordinate <= n - 0.5
        for point in line
        for coordinate, n in zip(point, sizes, strict=True)
    )
    if not inside:
        z, y, x = sizes
        raise UsageError(
            "The line does not lie in the first stack.",
            f"It has {z} slices, {y} rows and {x} columns.",
        )
    start, end = (volumes.place(point) for point in line)
    if np.linalg.norm(end - start) < NONE:
        raise UsageError("Both ends of the line are the same.", "Give or draw a longer one.")
    if not 0 < volumes.request.width <= LARGEST_WIDTH:
        raise UsageError(
            f"A line cannot be {volumes.request.width:g} pixels wide.",
            f"Give from 1 to {LARGEST_WIDTH:g}.",
        )
    return start, end


def _along(
    volumes: AnalysedVolumes, index: int, ends: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Distances from the start, and intensities there, where a stack has any."""
    start, end = ends
    own = volumes.voxels_at(index, np.stack(ends))
    steps = max(1, int(np.ceil(np.linalg.norm(own[1] - own[0]) - NONE)))
    shares = np.linspace(0, 1, steps + 1)
    places = start + shares[:, None] * (end - start)
    sideways = _offsets(volumes, index)[:, None, None] * _across(end - start)
    points = volumes.voxels_at(index, places + sideways)  # (lines, samples, 3)
    sizes = np.asarray(volumes.geometries[index].sizes)
    has = np.all((points >= -0.5 - NONE) & (points <= sizes - 0.5 + NONE), axis=-1)
    told = has.any(axis=0)
    if not told.any():
        return np.zeros(0), np.zeros(0)
    inside = points[has]
    low = np.clip(np.floor(inside.min(axis=0)).astype(int), 0, sizes - 1)
    high = np.clip(np.ceil(inside.max(axis=0)).astype(int) + 1, low + 1, sizes)
    z, y, x = ((int(a), int(b)) for a, b in zip(low, high, strict=True))
    block = volumes.read(index, (z, y, x))
    values = ndimage.map_coordinates(
        block, np.moveaxis(points - low, -1, 0), np.float64, order=1, mode="nearest"
    )
    mean = np.where(has, values, 0).sum(axis=0)[told] / has.sum(axis=0)[told]
    length = float(np.linalg.norm(end - start)) * volumes.unit_um
    return shares[told] * length, mean


def _offsets(volumes: AnalysedVolumes, index: int) -> np.ndarray:
    """Where beside the line the lines lie that are averaged, in units of the space."""
    width = volumes.request.width
    count = max(1, round(width / min(volumes.geometries[index].voxel[1:])))
    return np.asarray((np.arange(count) + 0.5) / count * width - width / 2)


def _across(along: np.ndarray) -> np.ndarray:
    """Direction across a line, of length 1, in the plane that the line lies in."""
    flat = [axis for axis in range(3) if abs(along[axis]) < NONE]
    normal = np.zeros(3)
    normal[flat[0] if flat else 0] = 1
    sideways = np.cross(along, normal)
    return np.asarray(sideways / np.linalg.norm(sideways))


def _means(volumes: AnalysedVolumes, index: int, box: Box3) -> tuple[np.ndarray, np.ndarray]:
    """Planes in which a voxel counts, and the mean of those that do."""
    planes, means = [], []
    for z, plane in volumes.planes(index, box):
        mask = volumes.mask_of(index, ((z, z + 1), box[1], box[2]))
        counted = plane if mask is None else plane[mask[0]]
        if counted.size:
            planes.append(z)
            means.append(float(counted.mean(dtype=np.float64)))
    if not planes:
        raise UsageError("No voxel of the region counts.", "Choose another region or mask.")
    return np.asarray(planes, float), np.asarray(means)


def _curve(index: int, places: np.ndarray, values: np.ndarray) -> Curve:
    return Curve(index, "", tuple(places.tolist()), tuple(values.tolist()))
