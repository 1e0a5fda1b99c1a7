"""Where volumes of different size and voxel size lie in the one space they are compared in.

The space is measured in pixel widths of the first volume, (z, y, x), with the corner of its first
voxel at the origin; so XY, XZ and YZ have their true proportions on screen.
"""

from dataclasses import dataclass
from math import floor

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo

Triple = tuple[float, float, float]
Voxel = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ViewerVolume:
    """A stack to show beside others.

    Args:
        title: What it is to the user: "Input", "Restored".
        info: Description of the stack and where it lies on disk.
        origin: Part of the first volume that this one covers, for a preview; otherwise all.
        is_restored: Whether it is the result of a restoration; shared contrast follows it.
        is_unfinished: Whether its file still grows; it is shown with the contrast of the others.
    """

    title: str
    info: StackInfo
    origin: Region | None = None
    is_restored: bool = False
    is_unfinished: bool = False


@dataclass(frozen=True, slots=True)
class VolumeGeometry:
    """The box a volume fills, and its voxels within.

    Args:
        shape: Sizes along T, Z, C, Y, X.
        start: Corner of the first voxel, (z, y, x).
        voxel: Size of a voxel, (z, y, x).
        first: Time point and channel of the first volume that its own first ones stand for;
            ``None`` for a stack of its own.
    """

    shape: Shape5
    start: Triple
    voxel: Triple
    first: tuple[int, int] | None = None

    @property
    def sizes(self) -> Voxel:
        """Number of voxels along Z, Y, X."""
        _, z, _, y, x = self.shape
        return (z, y, x)

    @property
    def stop(self) -> Triple:
        """The corner opposite to ``start``."""
        z, y, x = (a + n * s for a, n, s in zip(self.start, self.sizes, self.voxel, strict=True))
        return (z, y, x)

    @property
    def extent(self) -> Triple:
        """Lengths of the box along z, y, x."""
        z, y, x = (n * s for n, s in zip(self.sizes, self.voxel, strict=True))
        return (z, y, x)

    def voxel_at(self, point: Triple) -> Voxel | None:
        """The voxel a point lies in, or ``None`` beside the volume."""
        z, y, x = (
            floor((p - a) / s) for p, a, s in zip(point, self.start, self.voxel, strict=True)
        )
        inside = all(0 <= i < n for i, n in zip((z, y, x), self.sizes, strict=True))
        return (z, y, x) if inside else None

    def nearest_voxel(self, point: Triple) -> Voxel:
        """The voxel of the volume that is nearest to a point."""
        z, y, x = (
            min(n - 1, max(0, floor((p - a) / s)))
            for p, a, s, n in zip(point, self.start, self.voxel, self.sizes, strict=True)
        )
        return (z, y, x)

    def centre_of(self, voxel: Voxel) -> Triple:
        """The middle of a voxel."""
        z, y, x = (a + (i + 0.5) * s for i, a, s in zip(voxel, self.start, self.voxel, strict=True))
        return (z, y, x)

    def frame_at(self, t: int, c: int) -> tuple[int, int] | None:
        """Its own time point and channel where the first volume is at ``t`` and ``c``.

        A stack with a single one shows it always; ``None`` where it has none.
        """
        times, channels = self.shape[0], self.shape[2]
        if self.first is not None:
            own = (t - self.first[0], c - self.first[1])
        else:
            own = (0 if times == 1 else t, 0 if channels == 1 else c)
        return own if 0 <= own[0] < times and 0 <= own[1] < channels else None


def lay_out(volumes: tuple[ViewerVolume, ...]) -> tuple[VolumeGeometry, ...]:
    """Places for all volumes, the first one giving the measure."""
    if not volumes:
        return ()
    reference = volumes[0].info
    base = VolumeGeometry(
        reference.shape, (0.0, 0.0, 0.0), _voxel_proportions(reference.calibration)
    )
    return (base, *(_beside(volume, base, reference) for volume in volumes[1:]))


def _beside(volume: ViewerVolume, base: VolumeGeometry, reference: StackInfo) -> VolumeGeometry:
    """The place of a further volume."""
    shape = volume.info.shape
    if volume.origin is not None:
        return _inside(volume.origin, shape, base)
    sizes = (shape[1], shape[3], shape[4])
    if sizes == base.sizes:
        return VolumeGeometry(shape, base.start, base.voxel)
    lengths_um = _lengths_um(volume.info.calibration)
    unit_um = reference.calibration.x_um
    if lengths_um is not None and unit_um and _lengths_um(reference.calibration) is not None:
        z, y, x = (length / unit_um for length in lengths_um)
        return VolumeGeometry(shape, base.start, (z, y, x))
    # Of another size and without a voxel size, a volume can only be taken for the same field.
    z, y, x = (length / n for length, n in zip(base.extent, sizes, strict=True))
    return VolumeGeometry(shape, base.start, (z, y, x))


def _inside(origin: Region, shape: Shape5, base: VolumeGeometry) -> VolumeGeometry:
    """The place of a volume that covers a region of the first one."""
    spans = (origin.z, origin.y, origin.x)
    sizes = (shape[1], shape[3], shape[4])
    start = tuple(a * s for (a, _), s in zip(spans, base.voxel, strict=True))
    voxel = tuple((b - a) * s / n for (a, b), s, n in zip(spans, base.voxel, sizes, strict=True))
    first = (origin.t[0], origin.c[0])
    return VolumeGeometry(
        shape, (start[0], start[1], start[2]), (voxel[0], voxel[1], voxel[2]), first
    )


def _voxel_proportions(calibration: Calibration) -> Triple:
    """Voxel size in pixel widths, (z, y, x); cubes where the size is not known."""
    if not calibration.x_um or not calibration.y_um:
        return (1.0, 1.0, 1.0)
    return (calibration.anisotropy, calibration.y_um / calibration.x_um, 1.0)


def _lengths_um(calibration: Calibration) -> Triple | None:
    """Voxel size (z, y, x) in micrometres, if all of it is known."""
    z, y, x = calibration.z_um, calibration.y_um, calibration.x_um
    return (z, y, x) if z and y and x else None
