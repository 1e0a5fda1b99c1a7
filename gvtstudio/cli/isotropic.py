"""Make one stack isotropic: train on the stack itself, then restore it; the model is kept."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gvtstudio.cli.console import Result, print_json, run_here, say_failure, worst_exit
from gvtstudio.domain.job import RestoreRequest, TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.specs import look_up
from gvtstudio.io.atomic import refuse_existing
from gvtstudio.io.export import result_name
from gvtstudio.io.exports import EXPORTERS
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.tasks.isotropic.spec import ISOTROPIC


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio isotropic``."""
    from gvtstudio.cli.parser import (
        add_compute_options,
        add_format_option,
        add_json_option,
        add_name_option,
        add_parameters,
        add_reading_options,
    )

    parser.add_argument("stack", type=Path, metavar="STACK", help="stack to make isotropic")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder of the result and the model"
    )
    add_name_option(parser)
    add_reading_options(parser)
    parser.add_argument(
        "--architecture",
        default="",
        help=f"kind of network that sharpens: {', '.join(ISOTROPIC.architectures)}",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the network, see gvtstudio architectures NAME; can be repeated",
    )
    add_format_option(parser)
    parser.add_argument(
        "--dtype",
        default="same",
        choices=("same", "float32"),
        help="voxel type of the result (default: that of the input)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint of an earlier run"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace result and model")
    add_compute_options(parser)
    add_parameters(parser, ISOTROPIC.train_parameters)
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Train, then restore with what was learned; Ctrl+C ends the training with the best so far."""
    training = _training_request(options)
    restoring = _restore_request(options, training.out)
    if not options.overwrite:
        refuse_existing(_target(restoring))  # before hours of training, not after
    folder = JobFolder(Path(training.out).with_suffix(".training"))
    results: list[Result] = [run_here(training, folder.path, keeps_best=True)]
    say_failure(results[0])
    if isinstance(results[0], Finished):
        folder.forget_training()
        results.append(run_here(restoring))
        say_failure(results[1])
    elif folder.checkpoint_dir.exists():
        sys.stderr.write(f"The checkpoint is in {folder.path}; go on with --resume.\n")
    else:
        folder.forget_training()
    _show(results, as_json=options.json)
    return worst_exit(results)


def _show(results: Sequence[Result], *, as_json: bool) -> None:
    if as_json:
        print_json(dict(zip(("training", "restoring"), results, strict=False)))
        return
    finished = [result for result in results if isinstance(result, Finished)]
    for result in finished:
        print(*result.outputs, sep="\n")
    for name, value in finished[0].numbers.items() if finished else ():
        print(f"{name}: {value:.4g}")
    for result in finished:
        if result.verdict:
            print(result.verdict)


def _training_request(options: argparse.Namespace) -> TrainRequest:
    from gvtstudio.cli.parser import assigned_values, given_values

    spec = look_up(
        ARCHITECTURES, "architecture", options.architecture or ISOTROPIC.architectures[0]
    )
    model = result_name(
        options.stack, ISOTROPIC.output_suffix, "", ".gvtmodel", options.name_template
    )
    return TrainRequest(
        task=ISOTROPIC.name,
        architecture=options.architecture,
        stacks=(str(options.stack.absolute()),),
        voxel_size=options.voxel_size,
        axes=options.axes,
        architecture_parameters=assigned_values(options.set, spec.parameters),
        parameters=given_values(options, ISOTROPIC.train_parameters),
        out=str(options.out.absolute() / model),
        resume=options.resume,
        device=options.device,
        precision=options.precision,
        overwrite=options.overwrite,
    )


def _restore_request(options: argparse.Namespace, model: str) -> RestoreRequest:
    return RestoreRequest(
        input=str(options.stack.absolute()),
        model=model,
        task=ISOTROPIC.name,
        voxel_size=options.voxel_size,
        axes=options.axes,
        output_dir=str(options.out.absolute()),
        output_name=Path(model).stem,
        format=options.format,
        dtype=options.dtype,
        device=options.device,
        precision=options.precision,
        overwrite=options.overwrite,
    )


def _target(request: RestoreRequest) -> Path:
    """Where the result will lie.

    Raises:
        UsageError: No such format.
    """
    exporter = look_up(EXPORTERS, "format", request.format)
    return Path(request.output_dir) / f"{request.output_name}{exporter.extension}"
