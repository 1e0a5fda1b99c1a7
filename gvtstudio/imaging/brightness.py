"""Brightness and contrast of restored tiles, where a network forgot them.

Instance norm makes each tile as bright as any other. Seen coarsely, a restored tile must look like
the tile it was made from: the gain and offset are taken for which the means of its blocks come
closest to those of the input, by least squares.
"""

import numpy as np

BLOCK = 8
"""Voxels along each axis of a block; several times the blur, so that its mean hardly changes."""
LEAST_ALIKE = 0.5
"""Share of the variance that must be common; of tiles that hold nothing only the mean is told."""


def with_brightness_of(tiles: np.ndarray, restored: np.ndarray) -> np.ndarray:
    """Restored tiles with the coarse brightness and contrast of the others, float32.

    Args:
        tiles: (B, C, Z, Y, X) as they went in.
        restored: The same shape.
    """
    answer = np.empty(restored.shape, np.float32)
    for places in np.ndindex(restored.shape[:2]):
        coarse, other = _block_means(tiles[places]), _block_means(restored[places])
        mean, middle = float(coarse.mean()), float(other.mean())
        answer[places] = (restored[places] - middle) * _gain(coarse - mean, other - middle) + mean
    return answer


def _gain(coarse: np.ndarray, other: np.ndarray) -> float:
    """What to multiply the other with; 1 where the two have little in common."""
    common = float(np.sum(coarse * other))
    powers = float(np.sum(coarse**2)), float(np.sum(other**2))
    if common <= 0 or common**2 < LEAST_ALIKE * powers[0] * powers[1]:
        return 1.0
    return common / powers[1]


def _block_means(volume: np.ndarray) -> np.ndarray:
    """Over whole blocks; the rest at the ends of the axes is left out."""
    sizes = [min(BLOCK, n) for n in volume.shape]
    whole = tuple(slice(n // size * size) for n, size in zip(volume.shape, sizes, strict=True))
    blocks = volume[whole].astype(np.float64)
    for axis, size in enumerate(sizes):
        shape = (*blocks.shape[:axis], -1, size, *blocks.shape[axis + 1 :])
        blocks = blocks.reshape(shape).mean(axis=axis + 1)
    return blocks
