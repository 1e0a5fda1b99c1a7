"""Draw the orthogonal planes of stacks side by side."""

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from math import ceil, isfinite
from pathlib import Path

import numpy as np

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.figure import (
    FigureColumn,
    FigureRequest,
    refuse_unknown_choices,
    scale_bar_from,
)
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.provenance import Provenance
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack
from gvtstudio.engine.figure_caption import caption_lines
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.contrast import IntensitySummary, Limits, summarise
from gvtstudio.imaging.luts import lookup_table
from gvtstudio.imaging.panel.comparison import Comparison, Position
from gvtstudio.imaging.panel.contrast_state import ContrastState, ranks
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.imaging.panel.panel import (
    PanelColumn,
    PanelStyle,
    PanelView,
    ReadPlane,
    colouring_of,
    planes_of,
)
from gvtstudio.imaging.panel.plane_axes import PLANES, PlaneName
from gvtstudio.imaging.panel.render import paint_panel
from gvtstudio.io.figures import refuse_target, write_figure
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import open_stack

# Of a larger volume, only some planes are looked at to find its limits.
BYTES_LOOKED_AT = 512 * 2**20
_AXES = ("time point", "slice", "channel", "row", "column")


def run(request: FigureRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Write the figure.

    Raises:
        UsageError: Something asked for does not exist.
        InputRefused: A stack cannot be read.
        OutputUnwritable: The file exists or cannot be written.
        Cancelled: The user stopped.
    """
    refuse_unknown_choices(request)
    bar_um = scale_bar_from(request.scale_bar)
    out = Path(request.out) if request.out else folder.path / "figure.png"
    overwrite = request.overwrite or not request.out
    refuse_target(out, tuple(Path(c.path) for c in request.columns), overwrite=overwrite)
    for column in request.columns:
        lookup_table(column.lut)
    with ExitStack() as opened:
        stacks = [
            opened.enter_context(closing(open_stack(Path(c.path), c.scene, c.voxel_size, c.axes)))
            for c in request.columns
        ]
        provenances = [read_provenance(Path(column.path)) for column in request.columns]
        volumes = tuple(map(volume_of, request.columns, stacks, provenances))
        comparison = compared(request, volumes)
        limits = limits_for(
            request, comparison, lambda index: _looked_at(comparison, index, stacks, reporter)
        )
        caption = _caption(request, comparison, limits, provenances)
        panel = paint_panel(
            panel_columns(request, volumes, [planes_of(stack) for stack in stacks], limits),
            panel_view(request, comparison.position),
            PanelStyle(request.scale, request.background, caption, bar_um),
            lambda done, total: reporter.progress("Drawing", done, total, "planes"),
        )
    write_figure(panel, out, overwrite=overwrite)
    return Finished((str(out),))


def volume_of(column: FigureColumn, stack: Stack, provenance: Provenance | None) -> ViewerVolume:
    """What is drawn; limits that are shared follow what has been restored."""
    is_restored = provenance is not None and bool(provenance.model)
    return ViewerVolume(
        column.title or stack.info.name, stack.info, column.origin, is_restored=is_restored
    )


def compared(request: FigureRequest, volumes: tuple[ViewerVolume, ...]) -> Comparison:
    """The stacks, with the planes where they are to cross.

    Raises:
        UsageError: The first stack does not reach so far.
    """
    comparison = Comparison(volumes)
    first = volumes[0].info
    indices = []
    usual = dataclasses.astuple(comparison.position)
    for what, index, count, middle in zip(_AXES, request.position, first.shape, usual, strict=True):
        if index is not None and not 0 <= index < count:
            raise UsageError(
                f"{first.name} has no {what} {index + 1}.",
                f"Give a {what} from 1 to {count}." if count > 1 else f"It has a single {what}.",
            )
        indices.append(middle if index is None else index)
    comparison.move_to(Position(*indices))
    return comparison


def limits_for(
    request: FigureRequest,
    comparison: Comparison,
    summary_of: Callable[[int], IntensitySummary | None],
) -> list[Limits]:
    """Those that were given, and for the others such as the viewer would find.

    Args:
        request: What is drawn.
        comparison: Its stacks.
        summary_of: Looks at the intensities of one of them; ``None`` where it has nothing to show.
    """
    given = [_given_limits(column) for column in request.columns]
    state = ContrastState()
    state.set_linked(is_linked=request.is_linked)
    state.leader, state.followers = ranks(comparison.volumes)
    missing = [index for index, limits in enumerate(given) if limits is None]
    state.show(comparison.position.c, {index: summary_of(index) for index in missing})
    # A stack that has nothing at this time point or channel is not drawn at all.
    return [limits or state.limits(i) or Limits(0, 1) for i, limits in enumerate(given)]


def panel_columns(
    request: FigureRequest,
    volumes: Sequence[ViewerVolume],
    readers: Sequence[ReadPlane],
    limits: Sequence[Limits],
) -> list[PanelColumn]:
    """The stacks as they are drawn."""
    parts = zip(volumes, readers, limits, request.columns, strict=True)
    return [
        PanelColumn(volume, read, shown, colouring_of(column))
        for volume, read, shown, column in parts
    ]


def panel_view(request: FigureRequest, position: Position) -> PanelView:
    """What is seen of them."""
    planes: tuple[PlaneName, ...] = ("XY",) if request.only_xy else tuple(PLANES)
    return PanelView(position, request.part, planes, request.zoom, request.has_crosshair)


def _given_limits(column: FigureColumn) -> Limits | None:
    if column.limits is None:
        return None
    low, high = column.limits
    if not (high > low and isfinite(high - low)):
        raise UsageError(
            f"Limits from {low:g} to {high:g} leave nothing to show.", "Give the lower one first."
        )
    return Limits(low, high)


def _looked_at(
    comparison: Comparison, index: int, stacks: Sequence[Stack], reporter: Reporter
) -> IntensitySummary | None:
    """The volume of a stack that is drawn, if there is one."""
    frame = comparison.frame_of(index)
    return None if frame is None else _summary(stacks[index], frame, reporter)


def _summary(stack: Stack, frame: tuple[int, int], reporter: Reporter) -> IntensitySummary:
    """Intensities of a volume, of evenly spaced planes where it is large."""
    t, c = frame
    _, depth, _, height, width = stack.info.shape
    plane_bytes = height * width * np.dtype(stack.info.dtype).itemsize
    step = max(1, ceil(depth * plane_bytes / BYTES_LOOKED_AT))
    region = Region.whole(stack.info.shape).only(t=t, c=c)
    planes = []
    for z in range(0, depth, step):
        reporter.progress("Finding limits", z, depth, "planes")
        planes.append(stack.read(region.only(z=z))[0, 0, 0])
    return summarise(np.stack(planes))


def _caption(
    request: FigureRequest,
    comparison: Comparison,
    limits: list[Limits],
    provenances: list[Provenance | None],
) -> tuple[str, ...]:
    if not request.has_caption:
        return ()
    if request.caption.strip():
        return tuple(request.caption.splitlines())
    return caption_lines(request, comparison, limits, provenances)
