"""List the models at hand and the ways to do without, show the card of one, or exchange models.

A model is exported as a package for bioimage.io, and such packages and model files from elsewhere
are imported after a check with their own test.
"""

import argparse
from pathlib import Path

from gvtstudio.cli.console import Result, print_json, run_here, say_failure
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import ExportModelRequest, ImportModelRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.engine.failures import exit_code
from gvtstudio.io.offered_models import OfferedModel, find_offered, offered_models
from gvtstudio.tasks import ZERO_SHOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio models``."""
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument(
        "model", nargs="?", default="", help="name or file, for show and export; file, for import"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.zip", help="for export: file to write")
    parser.add_argument(
        "--author",
        action="append",
        default=[],
        metavar="NAME",
        help="for export: who made the model; may be given several times",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an existing file or own model"
    )
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Print the shelf or one card, or exchange a model."""
    if options.action != "list" and not options.model:
        raise UsageError(
            f"It is not said which model to {options.action}.",
            f"Write: gvtstudio models {options.action} NAME or FILE.",
        )
    return _ACTIONS[options.action](options)


def _export(options: argparse.Namespace) -> int:
    if options.out is None:
        raise UsageError("It is not said where to export to.", "Add --out FILE.zip.")
    return _exchange(
        ExportModelRequest(
            model=options.model,
            out=str(options.out.absolute()),
            authors=tuple(options.author),
            overwrite=options.overwrite,
        ),
        as_json=options.json,
    )


def _import(options: argparse.Namespace) -> int:
    source = Path(options.model).expanduser().absolute()
    request = ImportModelRequest(source=str(source), overwrite=options.overwrite)
    return _exchange(request, as_json=options.json)


def _exchange(request: ExportModelRequest | ImportModelRequest, *, as_json: bool) -> int:
    result: Result = run_here(request)
    say_failure(result)
    if as_json:
        print_json(result)
    elif isinstance(result, Finished):
        print(result.verdict, *result.outputs, sep="\n")
    return exit_code(result)


def _list(options: argparse.Namespace) -> int:
    models = offered_models(ZERO_SHOT)
    if options.json:
        rows = [
            {"path": str(m.path or ""), "is_bundled": m.is_bundled, "card": m.card} for m in models
        ]
        print_json({"models": rows})
        return 0
    for model in models:
        print(f"{model.card.name}  ({model.card.task}, {_origin(model)})\n    {model.card.summary}")
    return 0


def _origin(model: OfferedModel) -> str:
    if model.zero_shot is not None:
        return "no model file: learns from the stack itself"
    return "bundled" if model.is_bundled else "own"


def _show(options: argparse.Namespace) -> int:
    card = find_offered(options.model, ZERO_SHOT).card
    if options.json:
        print_json(card)
    else:
        print(_as_text(card))
    return 0


def _as_text(card: ModelCard) -> str:
    lines = [
        f"{card.name}: {card.title}",
        card.summary,
        f"task {card.task}, network {card.architecture}, {card.parameter_count:,} parameters, "
        f"axes {card.axes}",
    ]
    lines += [f"limit: {limit}" for limit in card.limits]
    lines += [
        f"score on {s.data}: {s.metric} ({s.normalisation}) raw {s.raw:.4g}, {s.baseline_name} "
        f"{s.baseline:.4g}, restored {s.restored:.4g}"
        + ("" if s.backbone is None else f", backbone {s.backbone:.4g}")
        for s in card.scores
    ]
    lines += [f"trained on {d.name} ({d.licence or 'own'}): {d.detail}" for d in card.training_data]
    lines.append(f"cite: {card.citation}")
    return "\n".join(lines)


_ACTIONS = {"list": _list, "show": _show, "export": _export, "import": _import}
