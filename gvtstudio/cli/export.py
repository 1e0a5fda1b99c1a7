"""Write a stack to another file or format, with its calibration and provenance."""

import argparse
from pathlib import Path

from gvtstudio.cli.console import run_and_list_files
from gvtstudio.domain.job import ExportRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio export``."""
    from gvtstudio.cli.parser import add_format_option, add_json_option, add_reading_options

    parser.add_argument("source", type=Path, help="the stack to write")
    parser.add_argument("destination", type=Path, help="the file to make")
    add_format_option(parser)
    parser.add_argument("--scene", type=int, default=0, help="dataset inside the file, from 0")
    add_reading_options(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Export and print the file."""
    request = ExportRequest(
        source=str(options.source.absolute()),
        scene=options.scene,
        voxel_size=options.voxel_size,
        axes=options.axes,
        destination=str(options.destination.absolute()),
        format=options.format,
        overwrite=options.overwrite,
    )
    return run_and_list_files(request, as_json=options.json)
