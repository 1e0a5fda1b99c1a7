"""List the models at hand and the ways to do without, or show the card of one."""

import argparse

from gvtstudio.cli.console import print_json
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.io.offered_models import OfferedModel, find_offered, offered_models
from gvtstudio.tasks import ZERO_SHOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio models``."""
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("action", choices=("list", "show"))
    parser.add_argument("model", nargs="?", default="", help="name or file, for show")
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Print the shelf or one card."""
    return _show(options) if options.action == "show" else _list(options)


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
