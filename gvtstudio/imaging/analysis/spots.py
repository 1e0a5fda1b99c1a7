"""How wide the bright spots of stacks are, across and along the optical axis."""

import numpy as np

from gvtstudio.domain.analysis import Analysis, Curve
from gvtstudio.imaging.analysis.volumes import AnalysedVolumes
from gvtstudio.imaging.spots import measured_spots, summary_of_spots

WIDTHS = ("lateral", "axial")
BINS = 30


def spot_sizes(volumes: AnalysedVolumes) -> Analysis:
    """The full widths at half maximum of all spots of every stack, and how they are distributed.

    The curves count spots in bins that are the same for all stacks.
    """
    rows, found = {}, {}
    for index in volumes.shown:
        box = volumes.box(index)
        mask = None if box is None else volumes.mask_of(index, box)
        spots = measured_spots(volumes.measured(index), volumes.voxel_um(index), mask)
        widths = summary_of_spots(spots)
        found[index] = spots
        rows[index] = {
            "spots": float(widths.number),
            "lateral": widths.lateral_um,
            "lateral_iqr": widths.lateral_iqr_um,
            "axial": widths.axial_um,
            "axial_iqr": widths.axial_iqr_um,
            "ratio": widths.axial_um / widths.lateral_um,
        }
    unit = volumes.unit
    columns = {
        "spots": "spots",
        "lateral": f"lateral FWHM, median ({unit})",
        "lateral_iqr": f"lateral, between quartiles ({unit})",
        "axial": f"axial FWHM, median ({unit})",
        "axial_iqr": f"axial, between quartiles ({unit})",
        "ratio": "axial over lateral",
    }
    labels = (f"FWHM ({unit})", "Spots")
    return volumes.answer(columns, rows, _distributions(found), labels)


def _distributions(found: dict[int, np.ndarray]) -> list[Curve]:
    """Numbers of spots by lateral and axial width."""
    every = np.concatenate([spots.reshape(-1) for spots in found.values()] or [np.zeros(0)])
    every = every[np.isfinite(every)]
    if not every.size:
        return []
    edges = np.linspace(0, float(every.max()) * 1.05, BINS + 1)
    middles = tuple(((edges[1:] + edges[:-1]) / 2).tolist())
    return [
        Curve(index, name, middles, tuple(np.histogram(told, edges)[0].astype(float).tolist()))
        for index, spots in found.items()
        for name, widths in zip(WIDTHS, spots.T, strict=True)
        if (told := widths[np.isfinite(widths)]).size
    ]
