"""Voxels of a plane as coloured pixels: every pixel shows the voxel its middle lies in."""

import numpy as np

from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import Colouring

# Voxels that are NaN or infinite: no grey value, and in none of the look-up tables.
NOT_A_NUMBER = (84, 20, 110)


def paint_plane(
    values: np.ndarray,
    limits: Limits,
    colouring: Colouring,
    rows: np.ndarray,
    columns: np.ndarray,
) -> np.ndarray:
    """The pixels of a plane.

    Args:
        values: (rows, columns) of voxels.
        limits: Shown in the first and in the last colour.
        colouring: How they become colours.
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
    colours = colours_of(values[np.ix_(used_rows, used_columns)], limits, colouring)
    pixels[np.ix_(down, right)] = colours[np.ix_(at_row, at_column)]
    return pixels


def colours_of(values: np.ndarray, limits: Limits, colouring: Colouring) -> np.ndarray:
    """Each intensity in its colour, (..., 4) uint8; what is no finite number in its own.

    Example:
        >>> colours_of(np.array([0, 128, 255]), Limits(0, 256), Colouring())[:, 0].tolist()
        [0, 128, 255]
    """
    table = colouring.table
    is_number = np.isfinite(values)
    if colouring.is_by_value:
        index = label_indices(values)
    else:
        # An infinite step is the last one: the voxel was only enormous.
        with np.errstate(over="ignore", invalid="ignore"):
            steps = values.astype(np.float64) - limits.low
            steps *= len(table) / (limits.high - limits.low)
        index = np.clip(np.where(is_number, steps, 0), 0, len(table) - 1).astype(np.uint16)
    colours = np.full((*values.shape, 4), 255, np.uint8)
    colours[..., :3] = table[index]
    colours[~is_number, :3] = NOT_A_NUMBER
    return colours


def label_indices(values: np.ndarray) -> np.ndarray:
    """The colour of each label in a table that goes by value, uint8: only 0 has the first.

    Example:
        >>> label_indices(np.array([0, 1, 255, 256, 511])).tolist()
        [0, 1, 255, 1, 1]
    """
    if values.dtype.kind == "f":
        labels = np.rint(np.where(np.isfinite(values), values, 0).astype(np.float64))
    else:
        labels = values.astype(np.int64)
    return np.where(labels == 0, 0, (labels - 1) % 255 + 1).astype(np.uint8)
