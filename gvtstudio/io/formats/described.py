"""What a file's metadata tells, in our terms."""

import msgspec

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel


class Described(msgspec.Struct, frozen=True):
    """Metadata of one dataset.

    Args:
        calibration: Voxel size and time interval.
        channels: Empty where the file names none.
        significant_bits: Bits the camera delivered.
        text: The metadata as the microscope wrote them.
        warnings: What the user should know, one sentence each.
    """

    calibration: Calibration = Calibration()
    channels: tuple[Channel, ...] = ()
    significant_bits: int | None = None
    text: str = ""
    warnings: tuple[str, ...] = ()


def from_file(
    z_um: float | None, y_um: float | None, x_um: float | None, interval_s: float | None
) -> Calibration:
    """A calibration read from a file; unknown when none of it is there."""
    if z_um is None and y_um is None and x_um is None and interval_s is None:
        return Calibration()
    return Calibration(z_um, y_um, x_um, interval_s, "file")
