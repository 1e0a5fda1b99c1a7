"""Measure restored stacks against their targets, or how much context a model makes use of.

Numbers come with the name of the normalisation. Several files are paired in the order given.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from gvtstudio.cli.console import print_json, run_here, say_failure
from gvtstudio.cli.tables import aligned
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.evaluation import Evaluation, Scores, Summary
from gvtstudio.domain.job import EvaluateRequest, SweepRequest
from gvtstudio.domain.messages import ContextScore, Finished
from gvtstudio.engine.failures import exit_code
from gvtstudio.imaging.measures import MEASURES, USUAL

SWEEP_ONLY = ("input", "model", "contexts")
EVALUATION_ONLY = (
    "against", "mask", "metrics", "labels", "per_plane", "confusion", "scene", "target_scene",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio evaluate``."""
    from gvtstudio.cli.parser import add_compute_options, add_json_option

    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--restored", nargs="+", type=Path, metavar="F", help="the images to judge")
    what.add_argument(
        "--context-sweep",
        action="store_true",
        help="restore --input with several contexts and judge each result",
    )
    parser.add_argument(
        "--target",
        required=True,
        nargs="+",
        type=Path,
        metavar="F",
        help="the truth, one for each image, in the same order",
    )
    _add_evaluation_options(parser)
    _add_sweep_options(parser)
    parser.add_argument(
        "--normalisation",
        default="care",
        choices=("care", "none"),
        help="care takes out gain and offset by a least-squares fit (default); none compares "
        "the numbers as they are",
    )
    parser.add_argument("--csv", type=Path, help="write one row per volume, or per context")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing table")
    add_compute_options(parser)
    add_json_option(parser)


def _add_evaluation_options(parser: argparse.ArgumentParser) -> None:
    rows = "; ".join(f"{row.name}: {row.help}" for row in MEASURES.values())
    parser.add_argument(
        "--against",
        nargs="+",
        type=Path,
        metavar="F",
        help="another model's results for the same images, in the same order: a one-tailed paired "
        "t-test tells whether --restored is better",
    )
    parser.add_argument(
        "--scene", type=int, default=0, help="dataset inside each of the images to judge, from 0"
    )
    parser.add_argument(
        "--target-scene", type=int, default=0, help="dataset inside each of the targets, from 0"
    )
    parser.add_argument(
        "--mask",
        nargs="+",
        type=Path,
        metavar="F",
        help="measure only where this image is not 0; one for all, or one for each image",
    )
    parser.add_argument(
        "--metrics",
        metavar="NAMES",
        help=f"what to measure, with commas between (default {','.join(USUAL)}). {rows}",
    )
    parser.add_argument(
        "--per-plane",
        action="store_true",
        help="measure every plane by itself, on the scale of its volume",
    )
    parser.add_argument(
        "--confusion",
        type=Path,
        metavar="CSV",
        help="write for every tenth of the target's range how often it was restored as which",
    )
    parser.add_argument(
        "--labels",
        action="store_true",
        help="the images hold labels: measure the overlap (Dice) of every class",
    )


def _add_sweep_options(parser: argparse.ArgumentParser) -> None:
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
        "--memory",
        default="auto",
        help="of a sweep: what the program may take, such as 4GB (default auto: a share of what "
        "is free)",
    )


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
        if result.evaluation is None:
            print(f"normalisation: {options.normalisation}")
            print(*_context_table(result.contexts), sep="\n")
        else:
            print(*_report(result.evaluation), sep="\n")
    return exit_code(result)


def _evaluation(options: argparse.Namespace) -> EvaluateRequest:
    _refuse_options(options, SWEEP_ONLY, "belongs to", "Give --context-sweep or leave it out.")
    names = (options.metrics or "").replace(",", " ").split()
    return EvaluateRequest(
        restored=_all_absolute(options.restored),
        target=_all_absolute(options.target),
        restored_scene=options.scene,
        target_scene=options.target_scene,
        mask=_all_absolute(options.mask),
        against=_all_absolute(options.against),
        metrics=tuple(names),
        labels=options.labels,
        per_plane=options.per_plane,
        normalisation=options.normalisation,
        csv=_absolute(options.csv),
        confusion=_absolute(options.confusion),
        overwrite=options.overwrite,
    )


def _refuse_options(
    options: argparse.Namespace, names: Sequence[str], why: str, remedy: str
) -> None:
    given = [name.replace("_", "-") for name in names if getattr(options, name)]
    if given:
        raise UsageError(f"--{given[0]} {why} --context-sweep.", remedy)


def _sweep(options: argparse.Namespace) -> SweepRequest:
    _refuse_options(options, EVALUATION_ONLY, "does not go with", "Leave out one of them.")
    missing = [f"--{name}" for name in ("input", "model") if not getattr(options, name)]
    if missing:
        raise UsageError(
            f"--context-sweep needs {' and '.join(missing)}.",
            "Give the noisy stack with --input and what to restore it with as --model.",
        )
    if len(options.target) > 1:
        raise UsageError(
            f"--context-sweep compares with one target, not {len(options.target)}.",
            "Start it once for every stack.",
        )
    is_file = options.model.endswith(".gvtmodel")
    return SweepRequest(
        input=str(options.input.absolute()),
        target=str(options.target[0].absolute()),
        model=_absolute(Path(options.model)) if is_file else options.model,
        contexts=tuple(" ".join(options.contexts or ()).split()),
        normalisation=options.normalisation,
        device=options.device,
        precision=options.precision,
        memory=options.memory,
        csv=_absolute(options.csv),
        overwrite=options.overwrite,
    )


def _all_absolute(paths: Sequence[Path] | None) -> tuple[str, ...]:
    return tuple(str(path.absolute()) for path in paths or ())


def _absolute(path: Path | None) -> str:
    return str(path.absolute()) if path else ""


def _report(evaluation: Evaluation) -> Iterator[str]:
    """The numbers of one volume below one another; of several, a table and its means."""
    yield f"normalisation: {evaluation.normalisation}"
    columns = evaluation.columns
    only = evaluation.scores[0]
    if len(evaluation.scores) == 1 and only.label is None:
        for name, value in only.values.items():
            if value is not None:
                yield f"{columns[name]}: {value:.4g}"
        return
    yield from _score_table(evaluation.scores, evaluation.summary, columns)
    if evaluation.against_summary is not None:
        yield "\nagainst"
        yield from _score_table(evaluation.against, evaluation.against_summary, columns)
        yield "\none-tailed paired t-test"
        yield from (test.sentence for test in evaluation.tests)


def _score_table(
    scores: Sequence[Scores], summary: Summary, columns: dict[str, str]
) -> Iterator[str]:
    keys = ["time", "channel"]
    keys += [key for key in ("plane", "label") if getattr(scores[0], key) is not None]
    rows = [("stack", *keys, *columns.values())]
    for row in scores:
        places = (str(getattr(row, key)) for key in keys)
        rows.append((Path(row.restored).name, *places, *(_short(row.values[n]) for n in columns)))
    means = []
    for name in columns:
        mean, sd = summary.mean[name], summary.sd[name]
        means.append(_short(mean) if sd is None else f"{_short(mean)} ± {sd:.2g}")
    rows.append((f"mean ± SD of {summary.count} {summary.unit}", *("" for _ in keys), *means))
    yield from aligned(rows)


def _short(value: float | None) -> str:
    return "?" if value is None else f"{value:.4g}"


def _context_table(scores: Sequence[ContextScore]) -> list[str]:
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
    return aligned(rows)


def _number(value: float | None, digits: int) -> str:
    return "?" if value is None else f"{value:.{digits}f}"
