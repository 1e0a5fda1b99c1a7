"""Find a stack of low magnification in one of high magnification, by what both show.

It says how they lie to one another and how well they fit, and writes the first in the frame and the
pixels of the second. A training of super-resolution does the same with its pairs by itself.
"""

import argparse
from pathlib import Path

from gvtstudio.cli.console import run_and_say_verdict
from gvtstudio.domain.job import RegisterRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio register``."""
    from gvtstudio.cli.parser import add_format_option, add_json_option

    parser.add_argument("low", type=Path, help="the stack of low magnification")
    parser.add_argument("high", type=Path, help="the stack of high magnification")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the first as the second shows the field"
    )
    for name in ("low", "high"):
        parser.add_argument(
            f"--{name}-scene",
            type=int,
            default=0,
            help=f"dataset inside the file of {name} magnification, from 0",
        )
    parser.add_argument(
        "--magnification",
        type=float,
        default=0.0,
        help="pixels of the second for one of the first (default 0: from the voxel sizes, or "
        "found by the registration)",
    )
    add_format_option(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Register, and say how well it went."""
    request = RegisterRequest(
        low=str(options.low.absolute()),
        high=str(options.high.absolute()),
        low_scene=options.low_scene,
        high_scene=options.high_scene,
        magnification=options.magnification,
        out=str(options.out.absolute()) if options.out else "",
        format=options.format,
        overwrite=options.overwrite,
    )
    return run_and_say_verdict(request, as_json=options.json)
