"""What is on screen as a figure to be drawn."""

from collections.abc import Mapping, Sequence
from math import ceil, floor

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.figure import LARGEST_ZOOM, FigureColumn, FigureRequest
from gvtstudio.domain.region import Span
from gvtstudio.imaging.contrast import Limits
from gvtstudio.imaging.luts import Colouring
from gvtstudio.imaging.panel.comparison import Comparison
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.ui.viewer.camera import Camera
from gvtstudio.ui.viewer.pane import PlanePane
from gvtstudio.ui.viewer.volume_column import VolumeColumn

Part = tuple[Span, Span, Span]


def figure_on_screen(
    comparison: Comparison,
    columns: Sequence[VolumeColumn],
    limits: Sequence[Limits | None],
    colouring: Colouring,
    camera: Camera,
) -> FigureRequest:
    """The figure of what is on screen: XY alone where it is alone, else all planes.

    Args:
        comparison: At least one volume, and the position.
        columns: Of each volume.
        limits: Of each volume; ``None`` where they are not known yet.
        colouring: How intensities become colours.
        camera: The part that is seen.

    Raises:
        UsageError: A projection is shown.
    """
    refuse_projections(columns)
    at = comparison.position
    part = None if camera.is_fitted else part_on_screen(comparison, columns[0].panes)
    return FigureRequest(
        columns=tuple(
            _column(volume, shown, colouring)
            for volume, shown in zip(comparison.volumes, limits, strict=True)
        ),
        position=(at.t, at.z, at.c, at.y, at.x),
        part=part,
        only_xy=columns[0].is_xy_enlarged,
        zoom=min(camera.scale, LARGEST_ZOOM),
    )


def _column(volume: ViewerVolume, limits: Limits | None, colouring: Colouring) -> FigureColumn:
    info = volume.info
    return FigureColumn(
        path=info.path,
        scene=info.scene,
        voxel_size=info.calibration.typed,
        axes=info.axes,
        title=volume.title[:1].upper() + volume.title[1:],
        limits=None if limits is None else (limits.low, limits.high),
        lut=colouring.lut,
        gamma=colouring.gamma,
        is_inverted=colouring.is_inverted,
        origin=volume.origin,
    )


def part_on_screen(comparison: Comparison, panes: Mapping[PlaneName, PlanePane]) -> Part | None:
    """The voxels of the first volume that its panes show; ``None`` where that is all or nothing.

    Args:
        comparison: Its first volume gives the measure.
        panes: Those of the first volume.
    """
    sizes, voxel = comparison.reference.sizes, comparison.reference.voxel
    spans = [(0, size) for size in sizes]
    for plane, pane in panes.items():
        seen, axes = pane.visible_part(), PLANES[plane]
        # XZ shows how deep one sees; YZ is as wide as XZ is high.
        is_beside_xz = plane == "YZ" and not panes["XZ"].isHidden()
        if is_beside_xz or pane.isHidden():
            continue
        for axis, first, last in (
            (axes.right, seen.left(), seen.right()),
            (axes.down, seen.top(), seen.bottom()),
        ):
            start, stop = floor(first / voxel[axis]), ceil(last / voxel[axis])
            spans[axis] = (max(0, start), min(sizes[axis], stop))
    is_all = all(span == (0, size) for span, size in zip(spans, sizes, strict=True))
    is_nothing = any(stop <= start for start, stop in spans)
    z, y, x = spans
    return None if is_all or is_nothing else (z, y, x)


def refuse_projections(columns: Sequence[VolumeColumn]) -> None:
    """A figure shows slices, and must not stand for a projection on screen.

    Raises:
        UsageError: A projection is shown.
    """
    for column in columns:
        for plane in column.shown_planes:
            if column.panes[plane].projection.kind != "slice":
                raise UsageError(
                    f"{plane} shows a projection, which figures and movies cannot draw.",
                    "Show slices again (Shift+P), or take a picture of the screen.",
                )
