"""Axes, size, type, channels and voxel size of files."""

import argparse
import sys
from pathlib import Path

import msgspec

from gvtstudio.cli.console import Result, print_json, run_here, say_failure, worst_exit
from gvtstudio.domain.axes import describe_shape, used_axes
from gvtstudio.domain.errors import InputRefused
from gvtstudio.domain.job import InspectRequest
from gvtstudio.domain.messages import Finished, Stopped
from gvtstudio.domain.scene_looks import SceneLook, ScenesRequest
from gvtstudio.domain.stack import StackInfo
from gvtstudio.engine.failures import exit_code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio info``."""
    from gvtstudio.cli.parser import add_json_option, add_reading_options

    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--scenes", action="store_true", help="list every dataset inside the files with its size"
    )
    parser.add_argument(
        "--thumbnails",
        type=Path,
        metavar="DIR",
        help="write a small picture (PNG) of every dataset into this folder; implies --scenes",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace existing pictures in that folder"
    )
    add_reading_options(parser)
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is in the files; those that cannot be read are named on standard error."""
    if options.scenes or options.thumbnails is not None:
        return _list_scenes(options)
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


def _list_scenes(options: argparse.Namespace) -> int:
    """Print every scene of the files, one file after the other."""
    results: dict[str, Result] = {}
    for given in options.files:
        request = ScenesRequest(
            path=str(given.absolute()),
            voxel_size=options.voxel_size,
            axes=options.axes,
            draws=options.thumbnails is not None,
            output_dir="" if options.thumbnails is None else str(options.thumbnails.absolute()),
            overwrite=options.overwrite,
        )
        result = results[request.path] = run_here(request)
        say_failure(result, given.name)
        if isinstance(result, Stopped):
            break
        looks = result.scenes if isinstance(result, Finished) else ()
        for look in (refused for refused in looks if refused.refused):
            sys.stderr.write(f"Scene {look.scene} of {given.name}: {look.refused}\n")
        if looks and not options.json:
            print(request.path, *map(_scene_line, looks), sep="\n")
    if options.json:
        print_json({"files": results})
    finished = (result for result in results.values() if isinstance(result, Finished))
    has_refused = any(look.refused for result in finished for look in result.scenes)
    return worst_exit(results.values()) or (InputRefused.exit_code if has_refused else 0)


def _scene_line(look: SceneLook) -> str:
    """Number as ``--scene`` takes it, name, size, voxel size and picture."""
    parts = [f"  {look.scene:<4} {look.name or '-'}"]
    if look.info is not None:
        parts += [describe_shape(look.info.shape), look.info.calibration.describe()]
    return "  |  ".join((*parts, look.picture) if look.picture else parts)


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
    if info.level_shapes:
        sizes = (f"{x} × {y} × {z}" for _, z, _, y, x in info.level_shapes)
        lines.append(f"  coarser   {', '.join(sizes)}")
    lines += [f"  note      {warning}" for warning in info.warnings]
    return "\n".join(lines)
