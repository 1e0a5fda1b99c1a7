"""Voxels of a plane as coloured pixels: every pixel shows the voxel its middle lies in."""

import numpy as np

from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import lookup_table

# Voxels that are NaN: no grey value, and in none of the look-up tables.
NOT_A_NUMBER = (84, 20, 110)


def paint_plane(
    values: np.ndarray, limits: Limits, lut: str, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """The pixels of a plane.

    Args:
        values: (rows, columns) of voxels.
        limits: Shown in the first and in the last colour.
        lut: Row of ``LUTS``.
        rows: Row of voxels that each row of pixels shows; -1 or too large lies beside the plane.
        columns: The same across.

    Returns:
        (len(rows), len(columns), 4) uint8; what lies beside the plane is transparent.
    """
    height, width = values.shape
    down = (rows >= 0) & (rows < height)
    right = (columns >= 0) & (columns < width)
    pixels = np.zeros((len(rows), len(columns), 4), np.uint8)
    # Colours first, then pixels: one voxel often fills many of them.
    used_rows, at_row = np.unique(rows[down], return_inverse=True)
    used_columns, at_column = np.unique(columns[right], return_inverse=True)
    colours = colours_of(values[np.ix_(used_rows, used_columns)], limits, lut)
    pixels[np.ix_(down, right)] = colours[np.ix_(at_row, at_column)]
    return pixels


def colours_of(values: np.ndarray, limits: Limits, lut: str) -> np.ndarray:
    """Each intensity in its colour, (..., 4) uint8; infinite ones as the largest and smallest.

    Example:
        >>> colours_of(np.array([0, 128, 255]), Limits(0, 256), "gray")[:, 0].tolist()
        [0, 128, 255]
    """
    # An infinite step is the last one, whether the voxel was infinite or only enormous.
    with np.errstate(over="ignore"):
        steps = (values.astype(np.float64) - limits.low) * (256 / (limits.high - limits.low))
    is_number = ~np.isnan(steps)
    index = np.clip(np.where(is_number, steps, 0), 0, 255).astype(np.uint8)
    colours = np.full((*values.shape, 4), 255, np.uint8)
    colours[..., :3] = lookup_table(lut)[index]
    colours[~is_number, :3] = NOT_A_NUMBER
    return colours
