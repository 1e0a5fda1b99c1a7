"""Draw the orthogonal planes of one or more stacks side by side, with scale bar and caption.

Slices, rows, columns, channels and time points are counted from 1, as in the window.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from gvtstudio.cli.console import run_and_list_files
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.figure import (
    BACKGROUNDS,
    LARGEST_GAMMA,
    LARGEST_SCALE,
    SMALLEST_GAMMA,
    FigureColumn,
    FigureRequest,
)
from gvtstudio.domain.quantities import limits_from
from gvtstudio.domain.region import Span
from gvtstudio.imaging.luts import LUTS

_INDICES = {
    "time_point": "time point",
    "z": "slice: the plane XY",
    "channel": "channel",
    "y": "row: the plane XZ",
    "x": "column: the plane YZ",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio figure``."""
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("stacks", type=Path, nargs="+", help="the stacks, from the left")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="a .png, .tif, .svg or .pdf file"
    )
    add_drawing_options(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    add_json_option(parser)


def add_drawing_options(parser: argparse.ArgumentParser) -> None:
    """What is drawn of the stacks, and how."""
    from gvtstudio.cli.parser import add_reading_options

    parser.add_argument(
        "--title", action="append", default=[], help="words above a stack; once for each of them"
    )
    parser.add_argument("--scene", type=int, default=0, help="dataset inside the files, from 0")
    add_reading_options(parser)
    for name, words in _INDICES.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=int, help=f"{words} (default: the first or middle)"
        )
    parser.add_argument(
        "--part",
        default="",
        metavar="Z,Y,X",
        help="what is seen of the first stack, such as 1-20,51-150,1-100 (default: all)",
    )
    parser.add_argument("--only-xy", action="store_true", help="leave XZ and YZ out")
    _add_manner(parser)


def _add_manner(parser: argparse.ArgumentParser) -> None:
    """How it is drawn."""
    parser.add_argument(
        "--limits",
        action="append",
        default=[],
        metavar="LOW,HIGH",
        help="intensities shown darkest and brightest: once for all stacks, or once for each "
        "(default: found, the same for all)",
    )
    parser.add_argument(
        "--own-limits", action="store_true", help="find limits for each stack by itself"
    )
    parser.add_argument("--lut", default="gray", choices=tuple(LUTS), help="colours (default gray)")
    parser.add_argument("--invert", action="store_true", help="turn the colours round")
    parser.add_argument(
        "--gamma",
        type=float,
        default=1.0,
        help=f"exponent of the intensities between the limits, {SMALLEST_GAMMA:g} to "
        f"{LARGEST_GAMMA:g}; the caption says it (default 1: linear)",
    )
    parser.add_argument(
        "--zoom", type=float, default=0.0, help="pixels for a voxel of the first stack (default 0: "
        "one for each voxel of the finest stack, more where the figure would be tiny)",
    )  # fmt: skip
    parser.add_argument(
        "--scale",
        type=int,
        default=1,
        choices=range(1, LARGEST_SCALE + 1),
        help="the same figure with so many times the pixels along each side (default 1)",
    )
    parser.add_argument("--background", default="dark", choices=BACKGROUNDS, help="the page")
    parser.add_argument(
        "--caption", default="", help="words below (default: files, place, limits and colours)"
    )
    parser.add_argument("--no-caption", action="store_true", help="write nothing below")
    parser.add_argument("--no-crosshair", action="store_true", help="draw no crosshair")
    parser.add_argument(
        "--scale-bar",
        default="auto",
        metavar="UM",
        help="length in µm, auto or none (default auto)",
    )


def run(options: argparse.Namespace) -> int:
    """Draw, and print the file."""
    return run_and_list_files(figure_request(options), as_json=options.json)


def figure_request(options: argparse.Namespace) -> FigureRequest:
    """What the options ask for.

    Raises:
        UsageError: They do not fit one another.
    """
    count = len(options.stacks)
    titles = _one_for_each(options.title or [""] * count, count, "title")
    limits = options.limits * count if len(options.limits) == 1 else options.limits
    limits = _one_for_each(limits or [""] * count, count, "pair of limits")
    t, z, c, y, x = (None if i is None else i - 1 for i in map(vars(options).get, _INDICES))
    return FigureRequest(
        columns=tuple(
            FigureColumn(
                path=str(path.absolute()),
                scene=options.scene,
                voxel_size=options.voxel_size,
                axes=options.axes,
                title=title,
                limits=limits_from(pair),
                lut=options.lut,
                gamma=options.gamma,
                is_inverted=options.invert,
            )
            for path, title, pair in zip(options.stacks, titles, limits, strict=True)
        ),
        position=(t, z, c, y, x),
        part=part_from(options.part),
        only_xy=options.only_xy,
        zoom=options.zoom,
        scale=options.scale,
        background=options.background,
        caption=options.caption,
        has_caption=not options.no_caption,
        has_crosshair=not options.no_crosshair,
        scale_bar=options.scale_bar,
        is_linked=not options.own_limits,
        out=str(options.out.absolute()),
        overwrite=options.overwrite,
    )


def part_from(text: str) -> tuple[Span, Span, Span] | None:
    """Spans counted from 1, both ends included, as half-open spans from 0.

    Raises:
        UsageError: It is none.
    """
    if not text.strip():
        return None
    try:
        z, y, x = (tuple(map(int, span.split("-"))) for span in text.split(","))
        (a, b), (c, d), (e, f) = z, y, x
    except ValueError:
        a, b, c, d, e, f = (0,) * 6
    if not (0 < a <= b and 0 < c <= d and 0 < e <= f):
        raise UsageError(
            f'"{text}" is no part of a stack.',
            "Write first and last slice, row and column, such as 1-20,51-150,1-100.",
        )
    return (a - 1, b), (c - 1, d), (e - 1, f)


def _one_for_each(given: Sequence[str], count: int, what: str) -> Sequence[str]:
    """What was given, as often as there are stacks."""
    if len(given) != count:
        raise UsageError(
            f"There is a {what} for {len(given)} of {count} stacks.",
            "Give it once for each stack, in the same order.",
        )
    return given
