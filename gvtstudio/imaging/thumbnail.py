"""Small pictures to recognise a stack by."""

from collections.abc import Sequence

import numpy as np

from gvtstudio.imaging.contrast import Limits, summarise

LONGEST_SIDE_PX = 96
GRAY = "#ffffff"
# For channels whose file gives no colour; more than these cannot be told apart in one picture.
_COLOURS = ("#00ff00", "#ff00ff", "#00ffff", "#ffff00")


def reduced(plane: np.ndarray, longest_px: int = LONGEST_SIDE_PX) -> np.ndarray:
    """A plane (Y, X) with its longer side at most so long, each pixel the mean of a rectangle.

    Returns:
        (Y, X) float32; voxels that are no number count as 0.

    Example:
        >>> reduced(np.arange(16).reshape(4, 4), 2)
        array([[ 2.5,  4.5],
               [10.5, 12.5]], dtype=float32)
    """
    longest = max(plane.shape)
    clean = np.nan_to_num(plane.astype(np.float32), copy=False, posinf=0.0, neginf=0.0)
    sides = [max(1, round(n * min(longest, longest_px) / longest)) for n in plane.shape]
    rows, columns = (
        np.arange(side) * n // side for side, n in zip(sides, plane.shape, strict=True)
    )
    sums = np.add.reduceat(np.add.reduceat(clean, rows, axis=0), columns, axis=1)
    heights, widths = (
        np.diff(first, append=n) for first, n in zip((rows, columns), plane.shape, strict=True)
    )
    means: np.ndarray = sums / np.outer(heights, widths).astype(np.float32)
    return means


def drawn(planes: Sequence[np.ndarray], colours: Sequence[str]) -> np.ndarray:
    """Channels laid over each other in their colours; one alone is gray.

    Args:
        planes: (Y, X) of each channel.
        colours: ``#rrggbb`` of each, or empty.

    Returns:
        (Y, X, 3) uint8.
    """
    picture = np.zeros((*planes[0].shape, 3), np.float32)
    for plane, colour in zip(planes, _colours(colours), strict=True):
        picture += _shown(plane, summarise(plane).auto)[..., np.newaxis] * _rgb(colour)
    return _as_bytes(picture)


def drawn_as_is(planes: Sequence[np.ndarray]) -> np.ndarray:
    """Red, green and blue of a colour picture, all with the same limits: (Y, X, 3) uint8."""
    limits = summarise(np.stack(planes)).full
    return _as_bytes(np.stack([_shown(plane, limits) for plane in planes], axis=-1) * 255)


def _colours(given: Sequence[str]) -> list[str]:
    """A colour for each channel: the file's where it gives them all and they differ."""
    if len(given) == 1:
        return [GRAY]
    if all(given) and len(set(given)) == len(given):
        return list(given)
    if len(given) <= len(_COLOURS):
        return list(_COLOURS[: len(given)])
    # The sum of many channels in few colours is no better than gray, but much brighter.
    share = f"{255 // len(given):02x}"
    return [f"#{share * 3}"] * len(given)


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)


def _shown(plane: np.ndarray, limits: Limits) -> np.ndarray:
    """Intensities between the limits as 0 to 1."""
    scaled: np.ndarray = np.clip((plane - limits.low) / (limits.high - limits.low), 0, 1)
    return scaled


def _as_bytes(picture: np.ndarray) -> np.ndarray:
    as_bytes: np.ndarray = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    return as_bytes
