"""What is compared and where the crosshair stands; knows nothing of the screen."""

from dataclasses import dataclass, replace

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.region import Region, Span
from gvtstudio.imaging.panel.geometry import (
    Triple,
    ViewerVolume,
    VolumeGeometry,
    Voxel,
    lay_out,
)
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.projection import Projection

# Slices above and below the crosshair that belong to what the user is looking at.
SLICES_AROUND = 8


@dataclass(frozen=True, slots=True)
class Position:
    """Voxel of the first volume under the crosshair, every index counted from 0."""

    t: int = 0
    z: int = 0
    c: int = 0
    y: int = 0
    x: int = 0

    @property
    def voxel(self) -> Voxel:
        """Its (z, y, x)."""
        return (self.z, self.y, self.x)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The plane one pane should show."""

    t: int
    c: int
    position: int


@dataclass(frozen=True, slots=True)
class Probe:
    """Where intensities are read: a point of the space in a plane on screen.

    Args:
        plane: The plane that is looked at.
        point: Where, (z, y, x).
        position: The voxel of the first volume there.
    """

    plane: PlaneName
    point: Triple
    position: Position


class Comparison:
    """Volumes, their places, and one position in all of them.

    Args:
        volumes: The first one gives the measure.
        position: Where the crosshair stands; moved into the first volume.
    """

    def __init__(self, volumes: tuple[ViewerVolume, ...], position: Position | None = None) -> None:
        self.volumes = volumes
        self.geometries: tuple[VolumeGeometry, ...] = lay_out(volumes)
        self.position = Position()
        if volumes:
            _, z, _, y, x = volumes[0].info.shape
            start = position or Position(0, (z - 1) // 2, 0, (y - 1) // 2, (x - 1) // 2)
            self.move_to(start)

    @property
    def reference(self) -> VolumeGeometry:
        """The place of the first volume."""
        return self.geometries[0]

    @property
    def point(self) -> Triple:
        """Middle of the voxel under the crosshair."""
        return self.reference.centre_of(self.position.voxel)

    @property
    def pixels_per_um_at_scale_1(self) -> float | None:
        """Units of the space per micrometre; ``None`` for uncalibrated stacks."""
        size_um = self.volumes[0].info.calibration.x_um
        return 1 / size_um if size_um and self.volumes[0].info.calibration.is_calibrated else None

    def move_to(self, position: Position) -> bool:
        """Set the crosshair, kept within the first volume; whether it moved."""
        indices = (position.t, position.z, position.c, position.y, position.x)
        shape = self.reference.shape
        kept = Position(*(min(n - 1, max(0, i)) for i, n in zip(indices, shape, strict=True)))
        has_moved = kept != self.position
        self.position = kept
        return has_moved

    def point_at(self, plane: PlaneName, right: float, down: float) -> bool:
        """Set the crosshair to a point of a plane; whether it moved."""
        z, y, x = self.reference.nearest_voxel(self._point_in(plane, right, down))
        return self.move_to(replace(self.position, z=z, y=y, x=x))

    def step(self, plane: PlaneName, steps: int) -> bool:
        """Move the crosshair across a plane; whether it moved."""
        across = PLANES[plane].across
        axis = "zyx"[across]
        index = self.position.voxel[across] + steps
        return self.move_to(replace(self.position, **{axis: index}))

    def probe(self) -> Probe:
        """The crosshair."""
        return Probe("XY", self.point, self.position)

    def probe_at(self, plane: PlaneName, right: float, down: float) -> Probe | None:
        """A point of a plane on screen; ``None`` beside the first volume."""
        point = self._point_in(plane, right, down)
        voxel = self.reference.voxel_at(point)
        if voxel is None:
            return None
        z, y, x = voxel
        return Probe(plane, point, replace(self.position, z=z, y=y, x=x))

    def voxel_in(self, volume: int, point: Triple | None = None) -> Voxel | None:
        """The voxel of a volume at a point, or else under the crosshair; ``None`` beside it."""
        if self.frame_of(volume) is None:
            return None
        return self.geometries[volume].voxel_at(point or self.point)

    def frame_of(self, volume: int) -> tuple[int, int] | None:
        """Time point and channel of a volume; ``None`` where it has none here."""
        return self.geometries[volume].frame_at(self.position.t, self.position.c)

    def wanted(self, volume: int, plane: PlaneName) -> Wanted | None:
        """The plane a pane should show; ``None`` where the crosshair lies beside the volume.

        Only the axis across the plane decides: XY of a preview shows while the crosshair is in
        its slices, wherever in X and Y it stands.
        """
        frame = self.frame_of(volume)
        if frame is None:
            return None
        geometry, across = self.geometries[volume], PLANES[plane].across
        inside = list(geometry.centre_of((0, 0, 0)))
        inside[across] = self.point[across]
        voxel = geometry.voxel_at((inside[0], inside[1], inside[2]))
        return None if voxel is None else Wanted(*frame, voxel[across])

    def wanted_slab(
        self, volume: int, plane: PlaneName, projection: Projection
    ) -> tuple[Wanted, Projection] | None:
        """The plane or slab a pane should show; ``None`` where none of it lies in the volume.

        A slab is as thick in every volume as in the first one, whatever their voxel sizes. All
        planes are all that the volume has.

        Args:
            volume: Index of the volume.
            plane: Which of its planes.
            projection: In planes of the first volume.
        """
        frame = self.frame_of(volume)
        if projection.kind == "slice" or frame is None:
            wanted = self.wanted(volume, plane)
            return None if wanted is None else (wanted, projection)
        if projection.is_whole:
            return (Wanted(*frame, 0), projection)
        axis, first, own = PLANES[plane].across, self.reference, self.geometries[volume]
        span = projection.span(self.position.voxel[axis], first.sizes[axis])
        edges = (first.start[axis] + index * first.voxel[axis] for index in span)
        start, stop = (round((edge - own.start[axis]) / own.voxel[axis]) for edge in edges)
        start, stop = max(0, start), min(own.sizes[axis], max(stop, start + 1))
        if stop <= start:
            return None
        thickness = stop - start
        return (Wanted(*frame, start + thickness // 2), Projection(projection.kind, thickness))

    def region_in_view(self, right: Span, down: Span) -> Region:
        """XY part of the first volume over a few slices round the crosshair, at its T and C."""
        at = self.position
        z = (at.z - SLICES_AROUND, at.z + SLICES_AROUND + 1)
        region = Region((at.t, at.t + 1), z, (at.c, at.c + 1), down, right)
        return region.clipped(self.reference.shape)

    def _point_in(self, plane: PlaneName, right: float, down: float) -> Triple:
        """A point of the plane that the crosshair lies in."""
        point = list(self.point)
        point[PLANES[plane].right], point[PLANES[plane].down] = right, down
        return (point[0], point[1], point[2])

    def describe(self, at: Position) -> str:
        """Voxel counted from 1, and in micrometres from the first voxel where calibrated.

        Channel and time point are named where there are several.
        """
        shape = self.reference.shape
        words = [f"x {at.x + 1}", f"y {at.y + 1}", f"z {at.z + 1}"]
        text = "  ".join(words)
        lengths = describe_lengths(self.volumes[0].info.calibration, at)
        text += f"  ({lengths})" if lengths else "  (uncalibrated)"
        if shape[2] > 1:
            channels = self.volumes[0].info.channels
            name = f" {channels[at.c].name}" if at.c < len(channels) else ""
            text += f"  c {at.c + 1}{name}"
        if shape[0] > 1:
            text += f"  t {at.t + 1}"
            interval_s = self.volumes[0].info.calibration.time_interval_s
            text += f" ({at.t * interval_s:.4g} s)" if interval_s else ""
        return text


def describe_lengths(calibration: Calibration, at: Position) -> str:
    """Distances from the first voxel, x, y and (where known) z."""
    if calibration.x_um is None or calibration.y_um is None:
        return ""
    lengths = [at.x * calibration.x_um, at.y * calibration.y_um]
    if calibration.z_um is not None:
        lengths.append(at.z * calibration.z_um)
    remark = "" if calibration.z_um is not None else ", Z step unknown"
    return ", ".join(_describe_distance(length) for length in lengths) + " µm" + remark


def _describe_distance(length_um: float) -> str:
    """Two decimals, more where a voxel is smaller than that shows."""
    return f"{length_um:.2f}" if length_um >= 1 or length_um == 0 else f"{length_um:.3g}"


def describe_intensity(intensity: float | None) -> str:
    """An intensity as the read-out shows it.

    Example:
        >>> describe_intensity(4095), describe_intensity(0.123456), describe_intensity(None)
        ('4095', '0.12346', '–')
    """
    if intensity is None:
        return "–"
    if isinstance(intensity, int):
        return str(int(intensity))
    words = {"nan": "NaN (not a number)", "inf": "infinite", "-inf": "−infinite"}
    text = f"{intensity:.5g}"
    return words.get(text, text)
