"""Write stacks to another file, format or voxel type, with calibration and provenance."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from gvtstudio.cli.console import (
    Result,
    print_json,
    run_and_list_files,
    run_here,
    say_failure,
    worst_exit,
)
from gvtstudio.cli.same_names import refuse_same_names
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import ExportRequest
from gvtstudio.domain.messages import Finished, Stopped
from gvtstudio.domain.quantities import limits_from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio export``."""
    from gvtstudio.cli.parser import (
        add_format_option,
        add_json_option,
        add_name_option,
        add_reading_options,
    )

    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="the stack to write and the file or folder to make, or with --out stacks only",
    )
    parser.add_argument(
        "--out", metavar="DIR", default="", help="folder for all of them, named by --name-template"
    )
    add_name_option(parser)
    add_format_option(parser)
    parser.add_argument(
        "--dtype",
        default="same",
        choices=("same", "uint8", "uint16", "float32"),
        help="voxel type; intensities keep their units, and what lies beyond the type is clipped "
        "and counted (default: that of the stack)",
    )
    parser.add_argument(
        "--range",
        default="",
        metavar="LOW,HIGH",
        help="intensities that become 0 and the largest value of uint8 or uint16, in place of "
        "keeping their units; before a minus write --range=-5,100",
    )
    parser.add_argument("--scene", type=int, default=0, help="dataset inside the file, from 0")
    add_reading_options(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Export and print the files; a stack that is refused does not keep the others back."""
    if not options.out:
        source, destination = _source_and_destination(options.paths)
        return run_and_list_files(_request(options, source, destination), as_json=options.json)
    refuse_same_names(options.paths, options.name_template)
    # ends in a slash, by which it is a folder also where it is not there yet
    folder = f"{Path(options.out).absolute()}{os.sep}"
    results: dict[str, Result] = {}
    for given in options.paths:
        path = str(Path(given).absolute())
        results[path] = result = run_here(_request(options, path, folder))
        say_failure(result, Path(given).name)
        if isinstance(result, Finished) and not options.json:
            print(*result.outputs, sep="\n")
        if isinstance(result, Stopped):
            break
    if options.json:
        print_json({"results": results})
    return worst_exit(results.values())


def _source_and_destination(paths: Sequence[str]) -> tuple[str, str]:
    if len(paths) != 2:
        raise UsageError(
            "It is not clear where to write.",
            "Name one stack and the file or folder to make, or any number of stacks and --out DIR.",
        )
    source, destination = (str(Path(path).absolute()) for path in paths)
    is_folder = paths[1].endswith(("/", "\\")) and not destination.endswith(("/", "\\"))
    return source, f"{destination}/" if is_folder else destination


def _request(options: argparse.Namespace, source: str, destination: str) -> ExportRequest:
    return ExportRequest(
        source=source,
        scene=options.scene,
        voxel_size=options.voxel_size,
        axes=options.axes,
        destination=destination,
        name_template=options.name_template,
        format=options.format,
        dtype=options.dtype,
        limits=limits_from(options.range),
        overwrite=options.overwrite,
    )
