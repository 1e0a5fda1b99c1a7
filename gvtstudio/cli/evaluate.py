"""Measure a restored stack against its target, or how much context a model makes use of.

Numbers come with the name of the normalisation.
"""

import argparse
from pathlib import Path

from gvtstudio.cli.console import print_json, run_here, say_failure
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import EvaluateRequest, SweepRequest
from gvtstudio.domain.messages import ContextScore, Finished
from gvtstudio.engine.failures import exit_code

LABELS = {"psnr_db": "PSNR (dB)", "ssim": "SSIM", "nrmse": "NRMSE", "pearson_r": "Pearson r"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio evaluate``."""
    from gvtstudio.cli.parser import add_compute_options, add_json_option

    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--restored", type=Path, help="the image to judge")
    what.add_argument(
        "--context-sweep",
        action="store_true",
        help="restore --input with several contexts and judge each result",
    )
    parser.add_argument("--target", required=True, type=Path, help="the truth")
    parser.add_argument("--input", type=Path, help="of a sweep: the noisy stack")
    parser.add_argument("--model", help="of a sweep: name of a model, or a .gvtmodel file")
    parser.add_argument(
        "--contexts",
        nargs="+",
        metavar="Z,Y,X",
        help="of a sweep: what global operators may see, such as 16,64,64 32,128,128 (default: "
        "the whole halved again and again, down to about 16,64,64)",
    )
    parser.add_argument(
        "--normalisation",
        default="care",
        choices=("care", "none"),
        help="care takes out gain and offset by a least-squares fit (default); none compares "
        "the numbers as they are",
    )
    parser.add_argument("--csv", type=Path, help="write one row per volume, or per context")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing table")
    parser.add_argument(
        "--memory",
        default="auto",
        help="of a sweep: what the program may take, such as 4GB (default auto: a share of what "
        "is free)",
    )
    add_compute_options(parser)
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    try:
        request = _sweep(options) if options.context_sweep else _evaluation(options)
    except UsageError as error:
        say_failure(error)
        return error.exit_code
    result = run_here(request)
    say_failure(result)
    if options.json:
        print_json(result)
    elif isinstance(result, Finished):
        print(f"normalisation: {options.normalisation}")
        if options.context_sweep:
            print(*_table(result.contexts), sep="\n")
        for name, value in result.numbers.items():
            print(f"{LABELS[name]}: {value:.4g}")
    return exit_code(result)


def _evaluation(options: argparse.Namespace) -> EvaluateRequest:
    given = [name for name in ("input", "model", "contexts") if getattr(options, name)]
    if given:
        raise UsageError(
            f"--{given[0]} belongs to --context-sweep.", "Give --context-sweep or leave it out."
        )
    return EvaluateRequest(
        restored=str(options.restored.absolute()),
        target=str(options.target.absolute()),
        normalisation=options.normalisation,
        csv=_absolute(options.csv),
        overwrite=options.overwrite,
    )


def _sweep(options: argparse.Namespace) -> SweepRequest:
    missing = [f"--{name}" for name in ("input", "model") if not getattr(options, name)]
    if missing:
        raise UsageError(
            f"--context-sweep needs {' and '.join(missing)}.",
            "Give the noisy stack with --input and what to restore it with as --model.",
        )
    is_file = options.model.endswith(".gvtmodel")
    return SweepRequest(
        input=str(options.input.absolute()),
        target=str(options.target.absolute()),
        model=_absolute(Path(options.model)) if is_file else options.model,
        contexts=tuple(" ".join(options.contexts or ()).split()),
        normalisation=options.normalisation,
        device=options.device,
        precision=options.precision,
        memory=options.memory,
        csv=_absolute(options.csv),
        overwrite=options.overwrite,
    )


def _absolute(path: Path | None) -> str:
    return str(path.absolute()) if path else ""


def _table(scores: tuple[ContextScore, ...]) -> list[str]:
    """One line per context under a heading."""
    rows = [("context", "PSNR (dB)", "SSIM", "NRMSE", "seconds")]
    for score in scores:
        name = score.context
        if score.size and name == "whole":
            name = f"whole ({','.join(map(str, score.size))})"
        rows.append(
            (
                name,
                _number(score.psnr_db, 2),
                _number(score.ssim, 4),
                _number(score.nrmse, 4),
                f"{score.seconds:.1f}" if score.size else "",
            )
        )
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for name, *cells in rows:
        right = (f"{cell:>{width}}" for cell, width in zip(cells, others, strict=True))
        lines.append("  ".join([f"{name:<{first}}", *right]).rstrip())
    return lines


def _number(value: float | None, digits: int) -> str:
    return "?" if value is None else f"{value:.{digits}f}"
