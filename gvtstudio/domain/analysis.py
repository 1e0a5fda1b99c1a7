"""What is measured of stacks beside one another: profiles, spectra, resolution, regions, spots."""

from typing import Literal

import msgspec

from gvtstudio.domain.region import Region, Span

AnalysisKind = Literal["profile", "zprofile", "spectrum", "frc", "histogram", "roi", "spots"]

Point = tuple[float, float, float]
"""Z, Y and X in voxels of the first stack; whole numbers from 0 are the middles of voxels."""
Line = tuple[Point, Point]
Box3 = tuple[Span, Span, Span]
"""Half-open spans along Z, Y and X in voxels of the first stack."""


class AnalysedStack(msgspec.Struct, frozen=True, kw_only=True):
    """One of the stacks that are measured.

    Args:
        path: File of the stack.
        scene: Dataset inside the file.
        voxel_size: ``Z,Y,X`` in µm, where the user knows better than the file; empty: the file's.
        axes: What its planes are, such as ``TZ`` or ``ZC2``; empty: as the file says.
        title: What it is called in the answer; empty: the name of the file.
        origin: Part of the first stack that this one covers, for a preview; otherwise all.
    """

    path: str
    scene: int = 0
    voxel_size: str = ""
    axes: str = ""
    title: str = ""
    origin: Region | None = None


class AnalyseRequest(msgspec.Struct, frozen=True, tag="analyse", kw_only=True):
    """Measure the same thing of several stacks.

    Places are given in voxels of the first stack and taken over to the others by their size in µm.

    Args:
        what: Row of ``ANALYSES``.
        stacks: The first one gives position and measure.
        t: Time point of the first stack, counted from 0.
        c: Channel of the first stack, counted from 0.
        line: Of a profile: its two ends.
        width: Of a profile: over how many pixels of the first stack across the line it is averaged.
        region: Measure only there; ``None`` measures everywhere.
        mask: Image of the size of the first stack, not 0 where voxels count; empty: all count.
        truth: Which of the stacks, counted from 0, the others are judged by; ``None`` for none.
        normalisation: How gain and offset are treated where they are.
        csv: Table to write; empty writes none.
        overwrite: Replace an existing table.
    """

    what: AnalysisKind
    stacks: tuple[AnalysedStack, ...]
    t: int = 0
    c: int = 0
    line: Line | None = None
    width: float = 1.0
    region: Box3 | None = None
    mask: str = ""
    truth: int | None = None
    normalisation: Literal["care", "none"] = "care"
    csv: str = ""
    overwrite: bool = False


class Curve(msgspec.Struct, frozen=True):
    """Numbers to plot against one another.

    Args:
        stack: Which of the stacks, counted from 0.
        name: What it shows of it, such as ``XZ``; empty where there is one curve for a stack.
        x: Along the plot.
        y: As many.
    """

    stack: int
    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class AnalysisColumn(msgspec.Struct, frozen=True):
    """A number that is told of every stack: key, and label with its unit."""

    name: str
    label: str


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Args:
        what: Row of ``ANALYSES``.
        unit: Of lengths: ``µm``, or ``pixels`` of the first stack where it is not calibrated.
        titles: Of the stacks.
        columns: What the rows hold.
        rows: Numbers of each stack; ``None`` where one cannot be told.
        x_label: Of the curves, with unit.
        y_label: Likewise.
        curves: To plot; none for what has none.
        is_logarithmic: Whether the curves are looked at on a logarithmic scale.
        notes: What the user should know, one sentence each.
    """

    what: AnalysisKind
    unit: str
    titles: tuple[str, ...]
    columns: tuple[AnalysisColumn, ...]
    rows: tuple[dict[str, float | None], ...]
    x_label: str = ""
    y_label: str = ""
    curves: tuple[Curve, ...] = ()
    is_logarithmic: bool = False
    notes: tuple[str, ...] = ()


def describe_number(value: float | None) -> str:
    """A measured number as it is shown.

    Example:
        >>> describe_number(0.25123), describe_number(41232.6), describe_number(None)
        ('0.2512', '41233', '–')
    """
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
