"""A volume and its mirror images, restored one after the other and averaged.

A network is not quite even-handed: what it makes of a mirror image is not quite the mirror image of
what it makes. The average is closer to the truth. Z is not mirrored, because the blur of a
microscope may differ above and below the focus.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
import torch

from gvtstudio.imaging.open_volume import Box, OpenVolume, blocks_of, whole_box
from gvtstudio.prediction.kept import KeptTensor
from gvtstudio.prediction.plan import Plan

FLIPS: tuple[tuple[int, ...], ...] = ((), (1,), (2,), (1, 2))
"""Axes of (Z, Y, X) that are mirrored."""


@dataclass(frozen=True, slots=True)
class Part:
    """One mirror image to restore.

    Args:
        volume: The mirror image; what is written is added up.
        report: Called with the share of it that is done.
    """

    volume: OpenVolume
    report: Callable[[float], None]


def flipped(
    volume: OpenVolume, depth: int, scratch: Path | None, report: Callable[[float], None]
) -> Iterator[Part]:
    """The mirror images; the average is written after the last of them.

    Args:
        volume: What to restore.
        depth: Planes of the result.
        scratch: Folder for the sums; ``None`` holds them in memory.
        report: Called with the share of all that is done.
    """
    shape = (depth, *volume.shape[1:])
    sums = _Sums(shape, scratch)
    for number, axes in enumerate(FLIPS):
        yield Part(
            _mirrored(volume, axes, partial(sums.add, is_first=number == 0)),
            lambda share, n=number: report((n + share) / len(FLIPS)),  # type: ignore[misc]
        )
    for box in blocks_of(whole_box(shape)):
        mean = sums.read(box) / len(FLIPS)
        volume.write(box, mean if volume.has_channels else mean[0])
    sums.discard()


def with_flips(plan: Plan, shape: tuple[int, int, int], scratch: Path | None) -> Plan:
    """What it takes when mirror images are restored too."""
    sums = prod(shape) * torch.float32.itemsize
    return replace(
        plan,
        work=plan.work * len(FLIPS),
        memory_bytes=plan.memory_bytes + sums * (scratch is None),
        scratch_bytes=plan.scratch_bytes + sums * (scratch is not None),
    )


class _Sums:
    """Over the mirror images, in memory or on scratch disk.

    Args:
        shape: (Z, Y, X).
        folder: Of the scratch disk.
    """

    def __init__(self, shape: tuple[int, ...], folder: Path | None) -> None:
        self._shape = shape
        self._folder = folder
        self._kept: KeptTensor | None = None

    def add(self, box: Box, values: np.ndarray, *, is_first: bool) -> None:
        part = torch.from_numpy(np.ascontiguousarray(values))[(None,) * (5 - values.ndim)]
        if self._kept is None:  # how many channels there are shows with the first block
            self._kept = KeptTensor((torch.float32, (1, part.shape[1], *self._shape)), self._folder)
        self._kept.write(box, part if is_first else part + self._kept.read(box))

    def read(self, box: Box) -> np.ndarray:
        """(C, Z, Y, X)."""
        assert self._kept is not None
        values: np.ndarray = self._kept.read(box)[0].numpy()
        return values

    def discard(self) -> None:
        if self._kept is not None:
            self._kept.discard()


def _mirrored(
    volume: OpenVolume, axes: tuple[int, ...], add: Callable[[Box, np.ndarray], None]
) -> OpenVolume:
    from_behind = tuple(axis - 3 for axis in axes)

    def place(box: Box) -> Box:
        return tuple(
            (n - stop, n - start) if axis in axes else (start, stop)
            for axis, ((start, stop), n) in enumerate(zip(box, volume.shape, strict=True))
        )

    return OpenVolume(
        volume.shape,
        lambda box: np.flip(volume.read(place(box)), from_behind),
        lambda box, values: add(place(box), np.flip(values, from_behind)),
        volume.has_channels,
    )
