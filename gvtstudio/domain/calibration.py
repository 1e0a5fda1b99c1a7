"""The physical size of a voxel and the time between frames."""

from typing import Literal

import msgspec

CalibrationSource = Literal["file", "typed", "unknown"]


class Calibration(msgspec.Struct, frozen=True):
    """Voxel size in micrometres and time interval in seconds; ``None`` where not known.

    Args:
        z_um: Distance between planes.
        y_um: Height of a pixel.
        x_um: Width of a pixel.
        time_interval_s: Time between two time points.
        source: Where the numbers come from: the file, the user, or nowhere.
    """

    z_um: float | None = None
    y_um: float | None = None
    x_um: float | None = None
    time_interval_s: float | None = None
    source: CalibrationSource = "unknown"

    @property
    def is_calibrated(self) -> bool:
        """Whether the lateral pixel size is known."""
        return self.y_um is not None and self.x_um is not None

    @property
    def anisotropy(self) -> float:
        """Distance between planes over pixel width; 1.0 where unknown."""
        if self.z_um is None or self.x_um is None:
            return 1.0
        return self.z_um / self.x_um

    @property
    def typed(self) -> str:
        """As ``Z,Y,X`` in µm, where the user has typed it; else empty."""
        sizes = (self.z_um, self.y_um, self.x_um)
        return ",".join(f"{size:g}" for size in sizes if size) if self.source == "typed" else ""

    def scaled(self, factors: tuple[float, float, float]) -> "Calibration":
        """The same for voxels that are so many times as large along Z, Y and X.

        Example:
            >>> Calibration(z_um=0.3, y_um=0.1, x_um=0.1).scaled((1, 2, 2)).describe()
            '0.200 × 0.200 × 0.300 µm'
        """
        sizes = zip((self.z_um, self.y_um, self.x_um), factors, strict=True)
        z, y, x = (None if size is None else size * factor for size, factor in sizes)
        return msgspec.structs.replace(self, z_um=z, y_um=y, x_um=x)

    def describe(self) -> str:
        """The voxel size as users write it.

        Example:
            >>> Calibration(x_um=0.104, y_um=0.104, z_um=0.3, source="file").describe()
            '0.104 × 0.104 × 0.300 µm'
            >>> Calibration().describe()
            'uncalibrated'
        """
        if self.x_um is None or self.y_um is None:
            return "uncalibrated"
        sizes = [self.x_um, self.y_um] + ([] if self.z_um is None else [self.z_um])
        return " × ".join(_significant(size) for size in sizes) + " µm"


def _significant(size_um: float) -> str:
    """Three decimals from 0.01 µm on, three significant digits below."""
    return f"{size_um:.3f}" if size_um >= 0.01 else f"{size_um:.3g}"


def describe_length(length_um: float) -> str:
    """A length with a fitting unit: nm below one micrometre, mm from one thousand on.

    Example:
        >>> describe_length(0.25), describe_length(12.0), describe_length(2500)
        ('250 nm', '12 µm', '2.5 mm')
    """
    if length_um < 1:
        return f"{length_um * 1000:.4g} nm"
    if length_um >= 1000:
        return f"{length_um / 1000:.4g} mm"
    return f"{length_um:.4g} µm"
