"""A stack whose voxel size the user knows better than its file."""

import msgspec

from gvtstudio.domain.stack import Stack
from gvtstudio.io.described_stack import DescribedStack


class CalibratedStack(DescribedStack):
    """A stack with a voxel size that was typed.

    Args:
        stack: Its own from now on: closed with it.
        voxel_um: Along Z, Y and X, of its finest level.
    """

    def __init__(self, stack: Stack, voxel_um: tuple[float, float, float]) -> None:
        z, y, x = voxel_um
        info = stack.info
        typed = msgspec.structs.replace(info.calibration, z_um=z, y_um=y, x_um=x, source="typed")
        calibration = typed.scaled(info.level_scale)
        super().__init__(stack, msgspec.structs.replace(info, calibration=calibration))
