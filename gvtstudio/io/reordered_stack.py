"""A stack whose planes are something else than its file says."""

from collections.abc import Iterator
from itertools import takewhile

import msgspec
import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.plane_order import plane_order
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo


class ReorderedStack:
    """Planes in the order that the user gave.

    Args:
        stack: Its own from now on: closed with it.
        axes: As ``plane_order`` takes them.

    Raises:
        UsageError: That is no order of axes.
        StackUnsuitable: It does not fit the stack.
    """

    def __init__(self, stack: Stack, axes: str) -> None:
        self._stack = stack
        source = stack.info
        self._order = plane_order(axes, source.shape, source.name)
        shape = self._order.shape(source.shape)
        self._info = msgspec.structs.replace(
            source,
            shape=shape,
            channels=source.channels if shape[2] == source.shape[2] else default_channels(shape[2]),
            calibration=_calibration(source, shape[0] > 1, shape[1] > 1),
            axes=axes,
            axes_assumed="",
            warnings=tuple(said for said in source.warnings if said not in source.axes_assumed),
            is_rgb=source.is_rgb and shape[2] == source.shape[2],
            level_shapes=tuple(map(self._order.shape, _fitting(source))),
        )
        self.close = stack.close

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X).

        Raises:
            FileUnreadable: The file is damaged or has vanished.
        """
        region.require_inside(self._info.shape)
        result = np.empty(region.shape, np.dtype(self._info.dtype))
        _, planes, channels, _, _ = self._stack.info.shape
        for place in np.ndindex(result.shape[:3]):
            t, z, c = (i + span[0] for i, span in zip(place, region.spans, strict=False))
            rest, c_read = divmod(self._order.number(t, z, c), channels)
            t_read, z_read = divmod(rest, planes)
            plane = region.within(
                **{
                    axis: (i, i + 1)
                    for axis, i in zip("tzc", (t_read, z_read, c_read), strict=True)
                }
            )
            result[place] = self._stack.read(plane)[0, 0, 0]
        return result


def _fitting(source: StackInfo) -> Iterator[Shape5]:
    """Coarser copies that have all planes of the finest, and so can be put in the same order."""
    if source.level_scale[0] == 1:
        yield from takewhile(
            lambda shape: shape[:3] == source.shape[:3],
            source.level_shapes,
        )


def _calibration(source: StackInfo, has_times: bool, has_slices: bool) -> Calibration:
    """What the file says of the distance of slices is meant for its slices, and so with time."""
    found = source.calibration
    if not has_slices or source.shape[1] == 1:
        found = msgspec.structs.replace(found, z_um=None if has_slices else found.z_um)
    if has_times and source.shape[0] == 1:
        found = msgspec.structs.replace(found, time_interval_s=None)
    return found
