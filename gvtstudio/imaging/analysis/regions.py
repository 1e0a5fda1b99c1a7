"""Histograms of stacks, and what a region of them holds and how close it comes to the truth."""

from itertools import starmap

import numpy as np

from gvtstudio.domain.analysis import Analysis, Box3, Curve
from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.imaging.analysis.volumes import AnalysedVolumes
from gvtstudio.imaging.metrics import SSIM_WINDOW, Comparison

BINS = 256
REACH = SSIM_WINDOW - 1
"""Voxels around a region that are read with it, so that windows of the SSIM at its border are
whole, and a region of few planes of a deep stack is seen in three dimensions."""
PERCENTILES = (1, 50, 99)


def histograms(volumes: AnalysedVolumes) -> Analysis:
    """How many voxels of the measured region have which intensity, in the same bins for all."""
    counted = {}
    for index in volumes.shown:
        voxels = _counted(volumes, index)
        if voxels is not None:
            counted[index] = voxels
    if not counted:
        raise StackUnsuitable("No stack reaches to the region.", "Choose another region.")
    low = min(float(voxels.min()) for voxels in counted.values())
    high = max(float(voxels.max()) for voxels in counted.values())
    whole = all(voxels.dtype.kind in "ui" for voxels in counted.values())
    edges = _edges(low, high, is_whole=whole)
    middles = tuple(((edges[1:] + edges[:-1]) / 2).tolist())
    curves = [
        Curve(index, "", middles, _counts(voxels, edges)) for index, voxels in counted.items()
    ]
    rows = {index: _numbers(voxels) for index, voxels in counted.items()}
    labels = ("Intensity", "Voxels")
    return volumes.answer(_columns(), rows, curves, labels, is_logarithmic=True)


def region_statistics(volumes: AnalysedVolumes) -> Analysis:
    """What the intensities of a region or mask are, and how close they come to the truth's.

    Agreement with the truth is that of ``Comparison`` within the region: gain and offset are found
    there alone.
    """
    rows: dict[int, dict[str, float]] = {}
    for index in volumes.shown:
        voxels = _counted(volumes, index)
        if voxels is not None:
            rows[index] = {**_numbers(voxels), **_agreement(volumes, index)}
    for row, index in zip(rows.values(), rows, strict=True):
        row["volume"] = row["voxels"] * float(np.prod(volumes.voxel_um(index)))
    agreement = {}
    if volumes.request.truth is not None:
        name = volumes.request.normalisation
        agreement = {
            "psnr_db": f"PSNR (dB, {name})",
            "ssim": f"SSIM ({name})",
            "nrmse": f"NRMSE ({name})",
            "pearson_r": "Pearson r",
        }
    return volumes.answer({**agreement, **_columns(), **_size_columns(volumes)}, rows)


def _columns() -> dict[str, str]:
    percentiles = {f"p{p}": "median" if p == 50 else f"{p} % below" for p in PERCENTILES}
    return {
        "voxels": "voxels",
        "mean": "mean",
        "sd": "standard deviation",
        "low": "lowest",
        **percentiles,
        "high": "highest",
    }


def _size_columns(volumes: AnalysedVolumes) -> dict[str, str]:
    return {"volume": "volume (µm³)" if volumes.is_calibrated else "volume (pixels³)"}


def _numbers(voxels: np.ndarray) -> dict[str, float]:
    found = np.percentile(voxels, PERCENTILES)
    return {
        "voxels": float(voxels.size),
        "mean": float(voxels.mean(dtype=np.float64)),
        "sd": float(voxels.std(dtype=np.float64)),
        "low": float(voxels.min()),
        "high": float(voxels.max()),
        **{f"p{p}": float(value) for p, value in zip(PERCENTILES, found, strict=True)},
    }


def _edges(low: float, high: float, *, is_whole: bool) -> np.ndarray:
    """Of the bins; of whole numbers each bin holds equally many."""
    if is_whole:
        step = max(1, int(np.ceil((high - low + 1) / BINS)))
        return np.arange(low - 0.5, high + step + 0.5, step)
    return np.linspace(low, high if high > low else low + 1, BINS + 1)


def _counts(voxels: np.ndarray, edges: np.ndarray) -> tuple[float, ...]:
    # told the ends of even bins, NumPy is many times as fast as with all their edges
    ends = (float(edges[0]), float(edges[-1]))
    counts, _ = np.histogram(voxels, len(edges) - 1, ends)
    return tuple(counts.astype(float).tolist())


def _counted(volumes: AnalysedVolumes, index: int) -> np.ndarray | None:
    """The intensities that count, flat; ``None`` where a stack has none there."""
    box = volumes.box(index)
    if box is None:
        volumes.notes.append(f"{volumes.titles[index]} does not reach to the region.")
        return None
    volume, mask = volumes.measured(index), volumes.mask_of(index, box)
    voxels = volume.reshape(-1) if mask is None else volume[mask]
    if not voxels.size:
        raise StackUnsuitable("No voxel of the region counts.", "Choose another region or mask.")
    return voxels


def _agreement(volumes: AnalysedVolumes, index: int) -> dict[str, float]:
    """Measures of a stack against the truth; none of the truth itself."""
    truth = volumes.request.truth
    if truth is None or index == truth or truth not in volumes.shown:
        return {}
    box, sizes = volumes.box(index), volumes.geometries[index].sizes
    if box is None or box != volumes.box(truth) or sizes != volumes.geometries[truth].sizes:
        volumes.notes.append(
            f"{volumes.titles[index]} has other voxels than the truth, so there is no PSNR or SSIM."
        )
        return {}
    around = _grown(box, sizes)
    counts = np.zeros([b - a for a, b in around], bool)
    inside = tuple(
        slice(a - first, b - first) for (a, b), (first, _) in zip(box, around, strict=True)
    )
    mask = volumes.mask_of(index, box)
    counts[inside] = True if mask is None else mask
    try:
        compared = Comparison(
            volumes.read(index, around),
            volumes.read(truth, around),
            volumes.request.normalisation,
            counts,
        )
    except ValueError:
        volumes.notes.append("The truth has the same value everywhere in the region.")
        return {}
    names = ("psnr_db", "ssim", "nrmse", "pearson_r")
    return {name: float(getattr(compared, name)) for name in names}


def _grown(box: Box3, sizes: tuple[int, int, int]) -> Box3:
    z, y, x = starmap(
        lambda span, n: (max(0, span[0] - REACH), min(n, span[1] + REACH)),
        zip(box, sizes, strict=True),
    )
    return (z, y, x)
