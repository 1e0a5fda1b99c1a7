"""Finer or coarser voxels: separable cubic interpolation, block by block.

Voxels are little boxes: the edges of the field stay where they are, not the centres of its first
and last voxels. Where voxels become coarser the kernel widens with them, so that nothing aliases.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gvtstudio.imaging.open_volume import Box, ReadBox, Span, box_shape, slices_of, whole_box

Shape3 = tuple[int, int, int]
PIECE = 64
"""Voxels of the result along an axis that are computed together."""
SHARPNESS = -0.5
"""Of the cubic kernel: Keys 1981, exact for parabolas (bicubic of most image programs)."""


@dataclass(frozen=True, slots=True)
class AxisResampling:
    """One axis of it.

    Args:
        length: Voxels given.
        result: Voxels wanted.
        factor: Voxels of the result for one given.
        origin: Where the first edge of the result lies, in given voxels.
    """

    length: int
    result: int
    factor: float
    origin: float = 0.0

    @property
    def is_identity(self) -> bool:
        """Whether nothing changes along this axis."""
        return self.factor == 1 and not self.origin and self.length == self.result

    def needed(self, span: Span) -> Span:
        """Given voxels that a span of the result depends on; never empty."""
        if self.is_identity:
            return span
        inside = _mirrored(np.unique(self._taps(span)[0]), self.length)
        return int(inside.min()), int(inside.max()) + 1

    def weights(self, span: Span) -> np.ndarray:
        """Share of each needed voxel in each voxel of a span of the result, float64.

        Returns:
            (voxels of the span, needed voxels); every row adds up to 1.
        """
        places, shares = self._taps(span)
        first, stop = self.needed(span)
        matrix = np.zeros((len(places), stop - first))
        rows = np.broadcast_to(np.arange(len(places))[:, None], places.shape)
        np.add.at(matrix, (rows, _mirrored(places, self.length) - first), shares)
        return matrix

    def nearest(self, span: Span) -> np.ndarray:
        """The given voxel in which the centre of each voxel of a span of the result lies."""
        centres = (np.arange(*span) + 0.5) / self.factor + self.origin
        inside: np.ndarray = np.floor(centres).astype(np.int64).clip(0, self.length - 1)
        return inside

    def _taps(self, span: Span) -> tuple[np.ndarray, np.ndarray]:
        """For each voxel of a span the places it is made of, also beyond the edges, and shares."""
        stretch = max(1.0, 1 / self.factor)
        reach = int(np.ceil(2 * stretch))
        centres = ((np.arange(*span) + 0.5) / self.factor - 0.5 + self.origin)[:, None]
        places = np.floor(centres).astype(np.int64) + np.arange(1 - reach, reach + 1)
        shares = _cubic((places - centres) / stretch)
        return places, shares / shares.sum(1, keepdims=True)


@dataclass(frozen=True, slots=True)
class Resampling:
    """From the voxels of one volume to those of another.

    Args:
        axes: Along Z, Y and X.
    """

    axes: tuple[AxisResampling, AxisResampling, AxisResampling]

    @classmethod
    def to_shape(cls, shape: Shape3, result: Shape3) -> "Resampling":
        """So that a volume of one shape fills another."""
        z, y, x = (
            AxisResampling(n, wanted, wanted / n) for n, wanted in zip(shape, result, strict=True)
        )
        return cls((z, y, x))

    @classmethod
    def by(cls, shape: Shape3, factors: tuple[float, float, float]) -> "Resampling":
        """So many voxels for one of a volume; the last may reach over the field by a part.

        Example:
            >>> Resampling.by((10, 64, 64), (2.5, 1.0, 1.0)).shape
            (25, 64, 64)
        """
        z, y, x = (
            AxisResampling(n, max(1, round(n * f)), f) for n, f in zip(shape, factors, strict=True)
        )
        return cls((z, y, x))

    @property
    def shape(self) -> Shape3:
        """(Z, Y, X) of the result."""
        z, y, x = (axis.result for axis in self.axes)
        return z, y, x

    @property
    def is_identity(self) -> bool:
        """Whether nothing changes."""
        return all(axis.is_identity for axis in self.axes)

    def read(self, box: Box, read: ReadBox) -> np.ndarray:
        """A box of the result, float32, from what is read of the given volume."""
        needed = tuple(axis.needed(span) for axis, span in zip(self.axes, box, strict=True))
        block = read(needed).astype(np.float32, copy=False)
        for number, (axis, span) in enumerate(zip(self.axes, box, strict=True)):
            if axis.is_identity:
                continue
            block = np.concatenate(list(_resampled(axis, span, block, number)), number)
        return np.ascontiguousarray(block, np.float32)

    def read_nearest(self, box: Box, read: ReadBox) -> np.ndarray:
        """A box of the result in which every voxel is one of the given, for labels."""
        places = [axis.nearest(span) for axis, span in zip(self.axes, box, strict=True)]
        block = read(tuple((int(along[0]), int(along[-1]) + 1) for along in places))
        return block[np.ix_(*(along - along[0] for along in places))]


def _resampled(
    axis: AxisResampling, span: Span, block: np.ndarray, number: int
) -> Iterator[np.ndarray]:
    """A span of the result along one axis of a block, piece by piece: few weights are not 0."""
    begin, _ = axis.needed(span)
    for first in range(*span, PIECE):
        piece = first, min(first + PIECE, span[1])
        a, b = axis.needed(piece)
        needed = block[(slice(None),) * number + (slice(a - begin, b - begin),)]
        along = np.tensordot(axis.weights(piece), needed, axes=(1, number))
        yield np.moveaxis(along, 0, number)


def resample_volume(volume: np.ndarray, shape: Shape3) -> np.ndarray:
    """A volume (Z, Y, X) of any type that fills another shape, float32.

    Example:
        >>> ramp = np.arange(4.0).reshape(1, 1, 4)
        >>> resample_volume(ramp, (1, 1, 8))[0, 0, 3:5].tolist()
        [1.25, 1.75]
    """
    z, y, x = volume.shape
    resampling = Resampling.to_shape((z, y, x), shape)
    return resampling.read(whole_box(shape), lambda box: volume[slices_of(box)])


def region_of_result(resampling: Resampling, box: Box) -> Box:
    """Where a box of the given volume lies in the result, in whole voxels and never empty."""
    spans = []
    for axis, (first, stop) in zip(resampling.axes, box, strict=True):
        begin = min(round(first * axis.factor), axis.result - 1)
        spans.append((begin, min(max(round(stop * axis.factor), begin + 1), axis.result)))
    return tuple(spans)


def back_again(resampling: Resampling, whole: Box, part: Box) -> Resampling:
    """From a part of the result back to the box of the given volume that it was made from.

    Args:
        resampling: That led to the result.
        whole: Box of the given volume.
        part: Where it lies in the result, as ``region_of_result`` says.
    """
    both = zip(resampling.axes, whole, part, box_shape(whole), box_shape(part), strict=True)
    z, y, x = (
        AxisResampling(n, wanted, 1 / axis.factor, a * axis.factor - b)
        for axis, (a, _), (b, _), wanted, n in both
    )
    return Resampling((z, y, x))


def _cubic(t: np.ndarray) -> np.ndarray:
    """The kernel at distances ``t`` in voxels."""
    t = np.abs(t)
    a = SHARPNESS
    near = ((a + 2) * t - (a + 3)) * t**2 + 1
    far = ((t - 5) * t + 8) * t * a - 4 * a
    shares: np.ndarray = np.where(t <= 1, near, np.where(t < 2, far, 0.0))
    return shares


def _mirrored(places: np.ndarray, length: int) -> np.ndarray:
    """Places beyond an edge as those as far inside it; the edge voxel is there twice."""
    period = places % (2 * length)
    inside: np.ndarray = np.minimum(period, 2 * length - 1 - period)
    return inside
