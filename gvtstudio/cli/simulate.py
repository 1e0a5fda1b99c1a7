"""Make noisy stacks with known truth, in the folders noisy and truth.

Which options a recipe has, and its own defaults, stand behind each option.
"""

import argparse
from pathlib import Path

from gvtstudio.cli.console import run_and_list_files
from gvtstudio.domain.job import SimulateRequest
from gvtstudio.domain.parameters import Parameter
from gvtstudio.simulation import RECIPES

DEFAULT_RECIPE = next(iter(RECIPES))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio simulate``."""
    from gvtstudio.cli.parser import add_json_option, add_parameters

    parser.add_argument("--recipe", default=DEFAULT_RECIPE, help=f"one of: {', '.join(RECIPES)}")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=1, help="number of stacks (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the first stack (default 0)")
    parser.add_argument("--overwrite", action="store_true", help="replace existing stacks")
    add_parameters(parser, all_parameters(), default_words())
    add_json_option(parser)


def all_parameters() -> list[Parameter]:
    """The parameters of all recipes, each once."""
    found: dict[str, Parameter] = {}
    for recipe in RECIPES.values():
        for parameter in recipe.parameters:
            found.setdefault(parameter.name, parameter)
    return list(found.values())


def default_words() -> dict[str, str]:
    """The default of each parameter by recipe, for those that not all recipes share."""
    words = {}
    for parameter in all_parameters():
        defaults = {
            recipe.name: own.default
            for recipe in RECIPES.values()
            for own in recipe.parameters
            if own.name == parameter.name
        }
        if len(defaults) < len(RECIPES) or len(set(defaults.values())) > 1:
            named = (f"{default} for {name}" for name, default in defaults.items())
            words[parameter.name] = ", ".join(named)
    return words


def run(options: argparse.Namespace) -> int:
    """Simulate and print the files."""
    from gvtstudio.cli.parser import given_values

    request = SimulateRequest(
        recipe=options.recipe,
        output_dir=str(options.out.absolute()),
        count=options.count,
        seed=options.seed,
        parameters=given_values(options, all_parameters()),
        overwrite=options.overwrite,
    )
    return run_and_list_files(request, as_json=options.json)
