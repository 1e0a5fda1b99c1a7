"""What a figure of volumes beside one another is to show."""

from math import isfinite
from typing import Literal

import msgspec

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.region import Region, Span

Background = Literal["dark", "white", "transparent"]
BACKGROUNDS: tuple[Background, ...] = ("dark", "white", "transparent")
# Ending of a file → what is written.
FIGURE_KINDS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".svg": "SVG", ".pdf": "PDF"}
MOST_PIXELS = 64_000_000
LARGEST_SCALE = 4
LARGEST_ZOOM = 128.0
SMALLEST_GAMMA, LARGEST_GAMMA = 0.2, 5.0

Index = int | None


class FigureColumn(msgspec.Struct, frozen=True, kw_only=True):
    """One volume of a figure.

    Args:
        path: File of the stack.
        scene: Dataset inside the file.
        voxel_size: ``Z,Y,X`` in µm, where the user knows better than the file; empty: the file's.
        axes: What its planes are, such as ``TZ`` or ``ZC2``; empty: as the file says.
        title: Words above it; empty: the name of the file.
        limits: Intensities shown darkest and brightest; ``None`` finds them.
        lut: Row of ``LUTS``.
        gamma: Exponent of the intensity between the limits.
        is_inverted: Whether the look-up table is turned round.
        origin: Part of the first column that this one covers, for a preview; otherwise all.
    """

    path: str
    scene: int = 0
    voxel_size: str = ""
    axes: str = ""
    title: str = ""
    limits: tuple[float, float] | None = None
    lut: str = "gray"
    gamma: float = 1.0
    is_inverted: bool = False
    origin: Region | None = None


class FigureRequest(msgspec.Struct, frozen=True, tag="figure", kw_only=True):
    """Draw the orthogonal planes of stacks side by side.

    Args:
        columns: The stacks from the left; the first gives position and measure.
        position: Time point, Z, channel, Y and X of the first stack, counted from 0, in which the
            planes cross; ``None`` takes the first time point and channel, and the middle of a side.
        part: Voxels of the first stack along Z, Y and X that are seen; ``None``: all.
        only_xy: Leave XZ and YZ out.
        zoom: Pixels for one voxel of the first stack across; 0: one for each voxel of the finest
            stack, or a whole number more where the picture would be tiny.
        scale: The same picture with so many times the pixels along each side.
        background: The page around the images.
        caption: Words below the images; empty: what is shown and how.
        has_caption: Whether there is a caption.
        has_crosshair: Whether lines show where the planes cross.
        scale_bar: Its length in µm; ``auto``: a round one; ``none``: no bar.
        is_linked: Whether stacks without limits share those that are found.
        out: File to make, in the format of its ending; empty: a PNG in the folder of the job.
        overwrite: Replace an existing file.
    """

    columns: tuple[FigureColumn, ...]
    position: tuple[Index, Index, Index, Index, Index] = (None,) * 5
    part: tuple[Span, Span, Span] | None = None
    only_xy: bool = False
    zoom: float = 0.0
    scale: int = 1
    background: Background = "dark"
    caption: str = ""
    has_caption: bool = True
    has_crosshair: bool = True
    scale_bar: str = "auto"
    is_linked: bool = True
    out: str = ""
    overwrite: bool = False


def scale_bar_from(text: str) -> float | None:
    """A length in µm; 0 where it is found, ``None`` for no bar.

    Raises:
        UsageError: It is none of these.

    Example:
        >>> scale_bar_from("auto"), scale_bar_from("none"), scale_bar_from("2.5")
        (0.0, None, 2.5)
    """
    word = text.strip().lower()
    if word in ("auto", ""):
        return 0.0
    if word == "none":
        return None
    try:
        length_um = float(word.removesuffix("µm"))
    except ValueError:
        length_um = 0.0
    if not (isfinite(length_um) and length_um > 0):
        raise UsageError(
            f'"{text}" is no length of a scale bar.',
            "Write a number of µm, such as 10 or 0.5, or auto or none.",
        )
    return length_um


def refuse_unknown_choices(request: FigureRequest) -> None:
    """Check what can be checked without opening a file.

    Raises:
        UsageError: There is no such scale, zoom or background, or nothing to draw.
    """
    if not request.columns:
        raise UsageError("There is no stack to draw.", "Give one or more.")
    for column in request.columns:
        if not SMALLEST_GAMMA <= column.gamma <= LARGEST_GAMMA:
            raise UsageError(
                f"A gamma of {column.gamma:g} cannot be shown.",
                f"Give a number from {SMALLEST_GAMMA:g} to {LARGEST_GAMMA:g}; 1 is linear.",
            )
    if not 1 <= request.scale <= LARGEST_SCALE:
        raise UsageError(
            f"A figure cannot be drawn {request.scale} times as large.",
            f"Give a scale from 1 to {LARGEST_SCALE}.",
        )
    if not 0 <= request.zoom <= LARGEST_ZOOM:
        raise UsageError(
            f"{request.zoom:g} pixels for a voxel cannot be drawn.",
            f"Give a number up to {LARGEST_ZOOM:g}, or 0 for the one that suits.",
        )
    if request.background not in BACKGROUNDS:
        raise UsageError(
            f'There is no background "{request.background}".',
            f"Choose {', '.join(BACKGROUNDS[:-1])} or {BACKGROUNDS[-1]}.",
        )
