"""Fills in the parts of the manual that the program knows best, when mkdocs builds it.

A page asks for a part by a line of its own: ``{{ commands }}``, ``{{ models }}``,
``{{ architectures }}``, ``{{ architecture_choices }}``, ``{{ blended_networks }}``,
``{{ recipes }}``.
"""

import argparse
from collections.abc import Iterator

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
