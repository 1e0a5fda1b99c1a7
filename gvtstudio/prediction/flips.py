"""A volume and its mirror images, restored one after the other and averaged.

A network is not quite even-handed: what it makes of a mirror image is not quite the mirror image of
what it makes. The average is closer to the truth. Z is not mirrored, because the blur of a
microscope may differ above and below the focus.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
    volume: OpenVolume, scratch: Path | None, report: Callable[[float], None]
) -> Iterator[Part]:
    """The mirror images; the average is written after the last of them.

    Args:
        volume: What to restore.
        scratch: Folder for the sums; ``None`` holds them in memory.
        report: Called with the share of all that is done.
    """
    sums = KeptTensor((torch.float32, (1, 1, *volume.shape)), scratch)
    for number, axes in enumerate(FLIPS):
        yield Part(
            _mirrored(volume, axes, _adder(sums, is_first=number == 0)),
            lambda share, n=number: report((n + share) / len(FLIPS)),  # type: ignore[misc]
        )
    for box in blocks_of(whole_box(volume.shape)):
        volume.write(box, sums.read(box)[0, 0].numpy() / len(FLIPS))
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


def _adder(sums: KeptTensor, *, is_first: bool) -> Callable[[Box, np.ndarray], None]:
    def add(box: Box, values: np.ndarray) -> None:
        part = torch.from_numpy(np.ascontiguousarray(values))[None, None]
        sums.write(box, part if is_first else part + sums.read(box))

    return add


def _mirrored(
    volume: OpenVolume, axes: tuple[int, ...], add: Callable[[Box, np.ndarray], None]
) -> OpenVolume:
    def place(box: Box) -> Box:
        return tuple(
            (n - stop, n - start) if axis in axes else (start, stop)
            for axis, ((start, stop), n) in enumerate(zip(box, volume.shape, strict=True))
        )

    return OpenVolume(
        volume.shape,
        lambda box: np.flip(volume.read(place(box)), axes),
        lambda box, values: add(place(box), np.flip(values, axes)),
    )
