"""Write a movie of a way through the planes or the time points of stacks side by side.

Every frame is drawn as ``gvtstudio figure`` would draw it, with the same limits from the first to
the last. The ending of the name says what is written: .mp4, .gif or .png.
"""

import argparse
from pathlib import Path

import msgspec

from gvtstudio.cli.console import run_and_say_verdict
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.movie import SWEPT_AXES, MovieRequest
from gvtstudio.domain.region import Span


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio movie``."""
    from gvtstudio.cli.figure import add_drawing_options
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("stacks", type=Path, nargs="+", help="the stacks, from the left")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="a .mp4, .gif or .png file"
    )
    parser.add_argument(
        "--axis", default="z", choices=SWEPT_AXES, help="along what it goes (default z)"
    )
    parser.add_argument(
        "--range",
        default="",
        metavar="FIRST-LAST",
        help="planes or time points, such as 3-40 (default: all)",
    )
    parser.add_argument("--fps", type=float, default=10.0, help="frames a second (default 10)")
    parser.add_argument("--forth-and-back", action="store_true", help="go back again at the end")
    parser.add_argument("--no-text", action="store_true", help="write no plane or time on it")
    add_drawing_options(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Write the movie, and say what it is."""
    return run_and_say_verdict(movie_request(options), as_json=options.json)


def movie_request(options: argparse.Namespace) -> MovieRequest:
    """What the options ask for.

    Raises:
        UsageError: They do not fit one another.
    """
    from gvtstudio.cli.figure import figure_request

    # the words below would say where the planes cross, which changes
    has_caption = bool(options.caption) and not options.no_caption
    figure = msgspec.structs.replace(figure_request(options), out="", has_caption=has_caption)
    first, last = range_from(options.range)
    return MovieRequest(
        figure=figure,
        axis=options.axis,
        first=first,
        last=last,
        fps=options.fps,
        forth_and_back=options.forth_and_back,
        has_text=not options.no_text,
        out=str(options.out.absolute()),
        overwrite=options.overwrite,
    )


def range_from(text: str) -> Span:
    """First and last, counted from 1; without a last one 0.

    Raises:
        UsageError: It is none.
    """
    first, _, last = text.strip().partition("-")
    try:
        span = (int(first or 1), int(last or 0))
    except ValueError:
        span = (0, 0)
    if span[0] < 1 or 0 < span[1] <= span[0]:
        raise UsageError(f'"{text}" is no range.', "Write the first and the last, such as 3-40.")
    return span
