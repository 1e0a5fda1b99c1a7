"""Restore stacks with a model; each is written beside a note of what made it."""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from gvtstudio.cli.console import Result, print_json, run_here, say_failure, worst_exit
from gvtstudio.cli.same_names import refuse_same_names
from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Failed, Finished, Stopped
from gvtstudio.domain.parameters import Parameter
from gvtstudio.io.failures import unwritable
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.tasks import ZERO_SHOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio restore``."""
    from gvtstudio.cli.parser import (
        add_compute_options,
        add_json_option,
        add_reading_options,
    )

    parser.add_argument("inputs", nargs="+", metavar="IN", help="stacks to restore")
    parser.add_argument(
        "--model",
        required=True,
        help="name of a model, a .gvtmodel file, or "
        f"{' or '.join(ZERO_SHOT)} to learn from the stack itself",
    )
    parser.add_argument("--task", default="", help="refuse a model that is made for another task")
    _add_output_options(parser)
    parser.add_argument(
        "--scene",
        type=_scene_number,
        default=0,
        metavar="N",
        help="dataset inside the file, from 0, or all (default 0)",
    )
    parser.add_argument(
        "--channel",
        type=int,
        default=0,
        metavar="N",
        help="restore only this channel, counted from 1 (default 0: all); what fluorescence is "
        "predicted from",
    )
    add_reading_options(parser)
    _add_prediction_options(parser)
    parser.add_argument(
        "--height-map",
        action="store_true",
        help="add a channel with the plane of the surface to a projection; float32",
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="folder for scratch files; after an interruption the same command goes on from there",
    )
    parser.add_argument(
        "--forecast",
        action="store_true",
        help="only say how much memory, scratch disk and time it would take",
    )
    add_compute_options(parser)
    _add_zero_shot_options(parser)
    add_json_option(parser)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    from gvtstudio.cli.parser import add_format_option, add_name_option

    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of results")
    add_name_option(parser)
    add_format_option(parser)
    parser.add_argument(
        "--dtype",
        default="same",
        choices=("same", "float32"),
        help="voxel type of the result (default: that of the input)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing results")


def _add_prediction_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tile",
        default="auto",
        help="how the work is cut: auto, whole or Z,Y,X in voxels (default auto)",
    )
    parser.add_argument(
        "--memory",
        default="auto",
        help="what the program may take, such as 4GB (default auto: a share of what is free)",
    )
    parser.add_argument(
        "--context",
        default="whole",
        help="what global operators may see: whole or Z,Y,X in voxels (default whole)",
    )
    parser.add_argument(
        "--flips",
        action="store_true",
        help="restore the mirror images too and average, in four times the time",
    )
    parser.add_argument(
        "--resample",
        action="store_true",
        help="bring the stack to the voxel size the model has seen, and the result back to the "
        "voxels of the stack",
    )
    parser.add_argument(
        "--statistic",
        default="mean",
        choices=("mean", "median", "mode"),
        help="of a model that knows the odds of every brightness: what a voxel is taken for "
        "(default mean)",
    )
    parser.add_argument(
        "--uncertainty",
        action="store_true",
        help="add a channel that says how unsure the model is of each voxel; float32",
    )


def _add_zero_shot_options(parser: argparse.ArgumentParser) -> None:
    from gvtstudio.cli.parser import add_parameters

    parameters = _zero_shot_parameters()
    whose = {row.name: f"{row.default}; only with {name}" for row, name in parameters}
    add_parameters(parser, [row for row, _ in parameters], whose)


def _zero_shot_parameters() -> list[tuple[Parameter, str]]:
    """What can be set for learning from the stack itself, and for which way of it."""
    return [(row, spec.name) for spec in ZERO_SHOT.values() for row in spec.parameters]


def run(options: argparse.Namespace) -> int:
    """Restore one stack after the other; one that is refused does not keep the others back.

    Ctrl+C stops the one at work and all that would follow.
    """
    if not options.forecast:
        refuse_same_names(options.inputs, options.name_template)
    results: dict[str, Result] = {}
    for path, scene in _datasets(options):
        name = path if options.scene is not None else f"{path} scene {scene}"
        result = results[name] = _restored(options, path, scene)
        say_failure(result, Path(name).name)
        if isinstance(result, Finished) and not options.json:
            print(*result.outputs or _lines(result.numbers), sep="\n")
        if isinstance(result, Stopped):
            break
    if options.json:
        print_json({"results": results})
    return worst_exit(results.values())


def _scene_number(text: str) -> int | None:
    """One dataset of each file; ``None`` for all."""
    if text == "all":
        return None
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0, and not all") from None


def _datasets(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """What to restore: one dataset of each file, or all."""
    for path in (str(Path(given).absolute()) for given in options.inputs):
        scenes: Sequence[int] = (options.scene or 0,)
        if options.scene is None:
            with suppress(GvtError):  # what is wrong is told when it is restored
                scenes = range(len(inspect_stack(Path(path)).scene_names) or 1)
        yield from ((path, scene) for scene in scenes)


def _restored(options: argparse.Namespace, path: str, scene: int) -> Result:
    """Restore one stack; what an interruption leaves in the folder for work is gone on with."""
    request = _request(options, path, scene)
    if options.work is None:
        return run_here(request)
    folder = JobFolder(options.work.absolute() / _work_name(request))
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refused = unwritable(folder.path, error)
        return Failed(refused.message, refused.remedy, refused.exit_code)
    result = run_here(request, folder.path)
    if folder.journal_path.exists():
        sys.stderr.write("What is done is kept; the same command goes on from there.\n")
    with suppress(OSError):
        folder.path.rmdir()  # if nothing is left in it
    return result


def _work_name(request: RestoreRequest) -> str:
    """One folder for each stack, the same each time."""
    digest = hashlib.sha256(f"{request.input} {request.scene}".encode()).hexdigest()
    return f"gvtstudio-{digest[:12]}"


def _lines(numbers: dict[str, float]) -> list[str]:
    """A forecast, a number a line."""
    return [f"{name}: {value:.10g}" for name, value in numbers.items()]


def _request(options: argparse.Namespace, path: str, scene: int) -> RestoreRequest:
    from gvtstudio.cli.parser import given_values

    is_file = options.model.endswith(".gvtmodel")
    return RestoreRequest(
        input=path,
        scene=scene,
        channel=options.channel,
        model=str(Path(options.model).absolute()) if is_file else options.model,
        parameters=given_values(options, [row for row, _ in _zero_shot_parameters()]),
        task=options.task,
        voxel_size=options.voxel_size,
        axes=options.axes,
        output_dir=str(options.out.absolute()),
        name_template=options.name_template,
        format=options.format,
        dtype=options.dtype,
        device=options.device,
        precision=options.precision,
        tile=options.tile,
        memory=options.memory,
        context=options.context,
        flips=options.flips,
        resample=options.resample,
        statistic=options.statistic,
        uncertainty=options.uncertainty,
        height_map=options.height_map,
        resumable=options.work is not None,
        forecast_only=options.forecast,
        overwrite=options.overwrite,
    )
