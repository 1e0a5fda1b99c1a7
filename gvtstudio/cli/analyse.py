"""Measure the same thing of one or more stacks: profiles, spectra, resolution, regions, spots.

Places are given in slices, rows and columns of the first stack, counted from 1 as in the window,
and taken over to the others by their size in µm. A column of numbers is printed for each stack;
--csv writes the curves.
"""

import argparse
from pathlib import Path

from gvtstudio.cli.console import print_json, run_here, say_failure
from gvtstudio.domain.analysis import (
    AnalysedStack,
    AnalyseRequest,
    Analysis,
    Line,
    Point,
    describe_number,
)
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.messages import Finished
from gvtstudio.engine.failures import exit_code
from gvtstudio.imaging.analysis import ANALYSES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio analyse``."""
    from gvtstudio.cli.parser import add_json_option, add_reading_options

    parser.add_argument("stacks", type=Path, nargs="+", help="the first one gives the measure")
    parser.add_argument("--what", required=True, choices=tuple(ANALYSES), help="what to measure")
    parser.add_argument(
        "--line",
        default="",
        metavar="Z,Y,X:Z,Y,X",
        help="of a profile: its ends, such as 12,30,40:12,30,80; parts of voxels are allowed",
    )
    parser.add_argument(
        "--width", type=float, default=1.0, help="of a profile: pixels across it (default 1)"
    )
    parser.add_argument(
        "--roi",
        default="",
        metavar="Z,Y,X",
        help="measure only there, such as 1-20,51-150,1-100 (default: everywhere)",
    )
    parser.add_argument(
        "--mask", type=Path, help="image of the size of the first stack, not 0 where voxels count"
    )
    parser.add_argument(
        "--truth",
        type=int,
        metavar="NUMBER",
        help="which of the stacks, from 1, the others are judged by: PSNR and SSIM inside a "
        "region, and what they have in common with it for frc",
    )
    parser.add_argument(
        "--normalisation",
        default="care",
        choices=("care", "none"),
        help="how gain and offset are treated where there is a truth (default care)",
    )
    parser.add_argument("--time-point", type=int, default=1, help="of the first stack (default 1)")
    parser.add_argument("--channel", type=int, default=1, help="of the first stack (default 1)")
    parser.add_argument("--scene", type=int, default=0, help="dataset inside the files, from 0")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="table to write")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing table")
    add_reading_options(parser)
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, and print the numbers of each stack."""
    result = run_here(analyse_request(options))
    say_failure(result)
    if options.json:
        print_json(result)
    elif isinstance(result, Finished) and result.analysis is not None:
        print(*analysis_lines(result.analysis), *result.outputs, sep="\n")
    return exit_code(result)


def analyse_request(options: argparse.Namespace) -> AnalyseRequest:
    """What the options ask for.

    Raises:
        UsageError: They do not fit one another.
    """
    from gvtstudio.cli.figure import part_from

    return AnalyseRequest(
        what=options.what,
        stacks=tuple(
            AnalysedStack(
                path=str(path.absolute()),
                scene=options.scene,
                voxel_size=options.voxel_size,
                axes=options.axes,
            )
            for path in options.stacks
        ),
        t=options.time_point - 1,
        c=options.channel - 1,
        line=line_from(options.line),
        width=options.width,
        region=part_from(options.roi),
        mask=str(options.mask.absolute()) if options.mask else "",
        truth=None if options.truth is None else options.truth - 1,
        normalisation=options.normalisation,
        csv=str(options.csv.absolute()) if options.csv else "",
        overwrite=options.overwrite,
    )


def line_from(text: str) -> Line | None:
    """Two ends counted from 1 as two from 0.

    Raises:
        UsageError: It is no line.

    Example:
        >>> line_from("1,2,3:1,2,5.5")
        ((0.0, 1.0, 2.0), (0.0, 1.0, 4.5))
    """
    if not text.strip():
        return None
    try:
        start, end = (_point(part) for part in text.split(":"))
    except ValueError as error:
        raise UsageError(
            f'"{text}" is no line.',
            "Write slice, row and column of both ends, such as 12,30,40:12,30,80.",
        ) from error
    return start, end


def _point(text: str) -> Point:
    z, y, x = (float(number) - 1 for number in text.split(","))
    return (z, y, x)


def analysis_lines(analysis: Analysis) -> list[str]:
    """The numbers as lines of text: a column for each stack."""
    labels = ["", *(column.label for column in analysis.columns)]
    table = [labels]
    for title, row in zip(analysis.titles, analysis.rows, strict=True):
        table.append([title, *(describe_number(row[c.name]) for c in analysis.columns)])
    widths = [max(map(len, column)) for column in table]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in zip(*table, strict=True)
    ]
