"""Axes, size, type, channels and voxel size of files."""

import argparse
import sys
from pathlib import Path

import msgspec

from gvtstudio.cli.console import print_json, run_here, say_failure
from gvtstudio.domain.axes import describe_shape, used_axes
from gvtstudio.domain.errors import InputRefused
from gvtstudio.domain.job import InspectRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.failures import exit_code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio info``."""
    from gvtstudio.cli.parser import add_json_option, add_reading_options

    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add_reading_options(parser)
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is in the files; those that cannot be read are named on standard error."""
    paths = tuple(str(path.absolute()) for path in options.files)
    result = run_here(InspectRequest(paths=paths, voxel_size=options.voxel_size, axes=options.axes))
    if not isinstance(result, Finished):
        say_failure(result)
        return exit_code(result)
    for sentence in result.refused.values():
        sys.stderr.write(sentence + "\n")
    if options.json:
        stacks = [_as_object(info) for info in result.stacks]
        print_json({"stacks": stacks, "refused": result.refused})
    elif result.stacks:
        print("\n\n".join(_as_text(info) for info in result.stacks))
    return InputRefused.exit_code if result.refused else 0


def _as_object(info: StackInfo) -> dict[str, object]:
    described: dict[str, object] = msgspec.to_builtins(info)
    return {**described, "axes": "TZCYX", "used_axes": used_axes(info.shape)}


def _as_text(info: StackInfo) -> str:
    channels = ", ".join(channel.name for channel in info.channels)
    lines = [
        info.path,
        f"  size      {describe_shape(info.shape)}",
        f"  type      {info.dtype}" + (" (colour picture)" if info.is_rgb else ""),
        f"  voxel     {info.calibration.describe()}",
        f"  channels  {channels}",
        f"  reader    {info.reader}, axes in the file {info.file_axes}",
    ]
    interval = info.calibration.time_interval_s
    if interval is not None:
        lines.append(f"  interval  {interval:g} s")
    if len(info.scene_names) > 1:
        lines.append(f"  scenes    {', '.join(info.scene_names)}")
    lines += [f"  note      {warning}" for warning in info.warnings]
    return "\n".join(lines)
