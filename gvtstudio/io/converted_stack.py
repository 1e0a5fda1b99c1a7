"""A stack whose voxels get another type while they are read."""

import math
from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import ExportDtype
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.conversion import Losses, converted
from gvtstudio.io.exports.ngff import is_labels
from gvtstudio.io.exports.options import planes


class ConvertedStack:
    """A stack in another voxel type.

    Args:
        stack: Its own from now on: closed with it.
        dtype: ``same`` where only limits are wanted.
        limits: Intensities that become 0 and the largest value of an integer type; ``None`` keeps
            intensities in their units.

    Raises:
        UsageError: The limits are none, or are given for a type that has no largest value.
    """

    def __init__(
        self, stack: Stack, dtype: ExportDtype, limits: tuple[float, float] | None = None
    ) -> None:
        self._stack = stack
        self._limits = limits
        name = stack.info.dtype if dtype == "same" else dtype
        if limits is not None:
            _refuse_limits(limits, name)
        self._dtype = np.dtype(name)
        self._info = _described(stack.info, self._dtype, has_limits=limits is not None)
        self.close = stack.close

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X), in the new type.

        Raises:
            FileUnreadable: The file is damaged or has vanished.
        """
        return converted(self._stack.read(region), self._dtype, self._limits)[0]

    def losses(self, report: Callable[[int, int], None]) -> Losses:
        """What the conversion of the whole stack loses; reads it once, plane by plane.

        Args:
            report: Called with planes looked at and planes in all; may raise.
        """
        total = Losses()
        for plane in self._planes_that_may_lose(report):
            total += converted(plane, self._dtype, self._limits)[1]
        return total

    def _planes_that_may_lose(self, report: Callable[[int, int], None]) -> Iterator[np.ndarray]:
        source = self._stack.info
        if self._limits is None and np.can_cast(source.dtype, self._dtype, "safe"):
            return
        yield from planes(self._stack, report)
        count = math.prod(source.shape[:3])
        report(count, count)


def _refuse_limits(limits: tuple[float, float], dtype: str) -> None:
    low, high = limits
    if dtype not in ("uint8", "uint16"):
        raise UsageError(
            f"Limits are spread over the values of uint8 or uint16, and not of {dtype}.",
            "Choose one of these types, or leave the limits out.",
        )
    if not (math.isfinite(high - low) and low < high):
        raise UsageError(
            f"The limits {low:g} and {high:g} leave nothing between them.",
            "Write the smaller first, such as 100,4000.",
        )


def _described(info: StackInfo, dtype: np.dtype, *, has_limits: bool) -> StackInfo:
    bits = info.significant_bits
    if bits is not None:
        # spread values are no counts of the camera any more
        bits = None if has_limits else min(bits, 8 * dtype.itemsize)
    return msgspec.structs.replace(
        info, dtype=dtype.name, significant_bits=bits, channels=_channels(info, dtype), warnings=()
    )


def _channels(info: StackInfo, dtype: np.dtype) -> tuple[Channel, ...]:
    """What only its type tells to be labels is told by its name, so that none are averaged."""
    is_untold = is_labels(info) and not is_labels(msgspec.structs.replace(info, dtype=dtype.name))
    if is_untold and info.channels == default_channels(len(info.channels)):
        return tuple(msgspec.structs.replace(channel, name="labels") for channel in info.channels)
    return info.channels
