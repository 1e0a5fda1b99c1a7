"""Fills in the parts of the manual that the program knows best, when mkdocs builds it.

A page asks for a part by a line of its own: ``{{ commands }}``, ``{{ models }}``,
``{{ architectures }}``, ``{{ architecture_choices }}``, ``{{ blended_networks }}``,
``{{ recipes }}``, ``{{ quality }}``.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from architectures_page import TASKS, architectures, blended, choices

from gvtstudio.cli.parser import build_parser
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.io.model_package import read_card
from gvtstudio.io.resources import backbones_dir
from gvtstudio.simulation import RECIPES


def on_page_markdown(markdown: str, **_: object) -> str:
    """Called by mkdocs for every page."""
    parts = {
        "commands": commands,
        "models": models,
        "architectures": architectures,
        "architecture_choices": choices,
        "blended_networks": blended,
        "recipes": recipes,
        "quality": quality,
    }
    for name, make in parts.items():
        line = f"{{{{ {name} }}}}"
        if line in markdown:
            markdown = markdown.replace(line, "\n".join(make()))
    return markdown


def commands() -> Iterator[str]:
    """One section per command, from the parser itself."""
    parser = build_parser()
    actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for name, command in actions[0].choices.items():
        yield f"### gvtstudio {name}\n"
        yield (command.description or "").strip() + "\n"
        yield f"```text\n{command.format_usage().removeprefix('usage: ').strip()}\n```\n"
        yield from _options(command)


def _options(command: argparse.ArgumentParser) -> Iterator[str]:
    yield "| option | meaning |\n|---|---|"
    for action in command._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        name = ", ".join(action.option_strings) or action.metavar or action.dest
        values = f" {{{', '.join(map(str, action.choices))}}}" if action.choices else ""
        # what argparse itself prints, on one line
        text = " ".join((action.help or "").replace("%%", "%").split())
        yield f"| `{name}{values}` | {text} |".replace("\n", " ")
    yield ""


def models() -> Iterator[str]:
    """The measured scores of every model that comes with the program."""
    for path in sorted(backbones_dir().glob("*.gvtmodel")):
        yield from _scores(read_card(path))


def _scores(card: ModelCard) -> Iterator[str]:
    yield f"Measured for `{card.name}` on stacks it was not trained on:\n"
    yield "| stack | measure | input | best simple filter | restored |\n|---|---|---|---|---|"
    for score in card.scores:
        numbers = f"{score.raw:.3g} | {score.baseline:.3g} ({score.baseline_name})"
        yield f"| {score.data} | {score.metric} | {numbers} | **{score.restored:.3g}** |"
    yield ""


def recipes() -> Iterator[str]:
    """What each simulation makes, and what can be learned from it."""
    yield "| recipe | to learn to … | `noisy` | `truth` |\n|---|---|---|---|"
    for recipe in RECIPES.values():
        learned = TASKS[recipe.task]
        yield f"| `{recipe.name}` | {learned} | {recipe.summary} | {recipe.truth} |"
    yield ""


def quality() -> Iterator[str]:
    """One table per study of how well the networks restore."""
    for path in sorted((Path(__file__).parent / "quality").glob("*.json")):
        study = json.loads(path.read_text(encoding="utf-8"))
        yield f"### {study['study'].replace('-', ' ').capitalize()}\n"
        yield f"{' '.join(study['question'].split())}\n"
        more = list(dict.fromkeys(name for row in study["rows"] for name in row.get("more", {})))
        heads = ["stacks", "method", "PSNR (dB)", "SSIM", "NRMSE", "steps", "minutes", *more]
        yield "| " + " | ".join(heads) + " |"
        yield "|" + "---|" * len(heads)
        for row in study["rows"]:
            yield "| " + " | ".join(_cells(row, more)) + " |"
        yield f"\nMeasured {study['made']}; {study['machine']}.\n"


def _cells(row: dict[str, Any], more: list[str]) -> Iterator[str]:
    yield row["data"]
    yield row["method"]
    for name, digits in (("psnr_db", 2), ("ssim", 3), ("nrmse", 3)):
        yield "" if row.get(name) is None else f"{row[name]:.{digits}f}"
    yield str(row.get("steps", ""))
    yield f"{row['minutes']:.3g}" if "minutes" in row else ""
    for name in more:
        yield f"{row['more'][name]:.3g}" if name in row.get("more", {}) else ""
