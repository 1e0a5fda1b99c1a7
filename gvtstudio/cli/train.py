"""Train a model from pairs of stacks, or from simulated ones, and judge it on stacks kept apart."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from gvtstudio.cli.console import print_json, run_here, say_failure, worst_exit
from gvtstudio.cli.leave_one_out import train_without_each
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.parameters import Parameter, Value
from gvtstudio.domain.specs import TaskSpec, look_up
from gvtstudio.engine.failures import exit_code
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.pairs import pair_files
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.simulation import RECIPES
from gvtstudio.tasks import TASKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio train``."""
    from gvtstudio.cli.parser import (
        add_compute_options,
        add_json_option,
        add_parameters,
        add_reading_options,
    )

    parser.add_argument("--task", default="denoising", help=f"one of: {', '.join(TASKS)}")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--pairs",
        nargs=2,
        type=Path,
        metavar=("DIR_IN", "DIR_TARGET"),
        help="folders of noisy and of good stacks; partners have the same file name",
    )
    source.add_argument(
        "--stacks",
        nargs="+",
        type=Path,
        metavar="STACK",
        help="stacks to learn from by themselves, for tasks that need no pairs",
    )
    recipes = [name for name, recipe in RECIPES.items() if recipe.task in TASKS]
    source.add_argument("--simulate", metavar="RECIPE", help=f"one of: {', '.join(recipes)}")
    add_reading_options(parser)
    parser.add_argument("--model", default="", help="adapt this model (fine-tuning)")
    parser.add_argument(
        "--architecture", default="", help=f"kind of network: {', '.join(ARCHITECTURES)}"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the network, see gvtstudio architectures NAME; can be repeated",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="M.gvtmodel")
    parser.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint beside --out"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing model")
    parser.add_argument(
        "--leave-each-out",
        action="store_true",
        help="of segmentation: train once without each pair and list the scores (leave-one-out); "
        "with --resume models that are there are kept",
    )
    add_compute_options(parser)
    add_parameters(parser, every_parameter(TASKS.values()))
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Train; the checkpoint lies in a folder beside the model until the training is finished."""
    request = training_request(options)
    if options.leave_each_out:
        return _each_left_out(request, as_json=options.json)
    out = Path(request.out)
    folder = JobFolder(out.with_suffix(".training"))
    result = run_here(request, folder.path, keeps_best=True)
    say_failure(result)
    if isinstance(result, Finished):
        folder.forget_training()
        if not options.json:
            print(*result.outputs, *_lines(result), sep="\n")
    elif folder.checkpoint_dir.exists():
        sys.stderr.write(f"The checkpoint is in {folder.path}; go on with --resume.\n")
    else:
        folder.forget_training()
    if options.json:
        print_json(result)
    return exit_code(result)


def _each_left_out(request: TrainRequest, *, as_json: bool) -> int:
    results, lines = train_without_each(request)
    if as_json:
        print_json({"results": results, "table": lines})
    else:
        print(*lines, sep="\n")
    return worst_exit(results)


def _lines(result: Finished) -> list[str]:
    """Numbers and verdict."""
    numbers = [f"{name}: {value:.4g}" for name, value in result.numbers.items()]
    return [*numbers, result.verdict] if result.verdict else numbers


def training_request(options: argparse.Namespace) -> TrainRequest:
    """What the options ask for.

    Raises:
        UsageError: A name or value that does not exist.
        InputRefused: The files of the two folders do not pair up.
    """
    from gvtstudio.cli.parser import given_values

    pairs = pair_files(*options.pairs) if options.pairs else []
    network_values = _network_values(options)
    out = options.out.absolute()
    if out.suffix != ".gvtmodel":
        out = out.with_name(out.name + ".gvtmodel")
    return TrainRequest(
        task=options.task,
        architecture=options.architecture,
        pairs=tuple((str(a.absolute()), str(b.absolute())) for a, b in pairs),
        stacks=tuple(str(path.absolute()) for path in options.stacks or ()),
        voxel_size=options.voxel_size,
        axes=options.axes,
        recipe=options.simulate or "",
        start_model=options.model,
        architecture_parameters=network_values,
        parameters=given_values(options, every_parameter(TASKS.values())),
        out=str(out),
        resume=options.resume,
        device=options.device,
        precision=options.precision,
        overwrite=options.overwrite,
    )


def every_parameter(tasks: Iterable[TaskSpec]) -> list[Parameter]:
    """What any of these tasks can be trained with; each name once, with the choices of all.

    Which of them the task at hand knows, and its choices and defaults, are looked at later.
    """
    rows: dict[str, Parameter] = {}
    for row in (row for task in tasks for row in task.train_parameters):
        known = rows.setdefault(row.name, row)
        choices = tuple(dict.fromkeys((*known.choices, *row.choices)))
        rows[row.name] = msgspec.structs.replace(known, choices=choices)
    return list(rows.values())


def _network_values(options: argparse.Namespace) -> dict[str, Value]:
    """What ``--set`` gave, in the types the network declares."""
    from gvtstudio.cli.parser import assigned_values

    task = look_up(TASKS, "task", options.task)
    spec = look_up(ARCHITECTURES, "architecture", options.architecture or task.architectures[0])
    return assigned_values(options.set, spec.parameters)
