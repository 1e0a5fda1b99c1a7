"""Overlap of two label images, class by class.

Dice's coefficient (Dice 1945; Sørensen 1948) of a class is twice the voxels both images give it,
over the voxels the one gives it plus those the other does: 1 where they agree, 0 where they never
meet.
"""

import numpy as np


def holds_labels(image: np.ndarray) -> bool:
    """Whether every value is a whole number, as labels are."""
    if image.dtype.kind in "uib":
        return True
    return image.dtype.kind == "f" and bool(np.all(np.isfinite(image) & (image == np.round(image))))


def dice_per_class(
    labels: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None
) -> dict[int, float]:
    """Dice's coefficient of every class that occurs in either image; 0 is the background, no class.

    Args:
        labels: Any shape, whole numbers.
        truth: The same shape.
        mask: Not zero where voxels count; ``None`` counts all of them.

    Raises:
        ValueError: Shapes differ, values are no whole numbers, or no voxel counts.

    Example:
        >>> dice_per_class(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2]))
        {1: 0.6666666666666666, 2: 0.6666666666666666}
    """
    for other in (labels, labels if mask is None else mask):
        if other.shape != truth.shape:
            raise ValueError(f"shapes {other.shape} and {truth.shape} differ")
    if not (holds_labels(labels) and holds_labels(truth)):
        raise ValueError("labels are whole numbers")
    if mask is not None and not np.any(mask):
        raise ValueError("the mask is empty")
    inside = slice(None) if mask is None else mask.reshape(-1) != 0
    first, second = labels.reshape(-1)[inside], truth.reshape(-1)[inside]
    sizes = _counted(first), _counted(second)
    shared = _counted(first[first == second])
    return {
        label: 2 * shared.get(label, 0) / sum(size.get(label, 0) for size in sizes)
        for label in sorted({*sizes[0], *sizes[1]} - {0})
    }


def _counted(labels: np.ndarray) -> dict[int, int]:
    """Label → number of voxels."""
    values, counts = np.unique(labels, return_counts=True)
    return {int(value): int(count) for value, count in zip(values, counts, strict=True)}
