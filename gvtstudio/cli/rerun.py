"""Make a result again from what is written in it, and say whether every voxel is the same."""

import argparse
from pathlib import Path

from gvtstudio.cli.console import run_and_say_verdict
from gvtstudio.domain.job import RerunRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio rerun``."""
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("result", type=Path, help="a file that gvtstudio restore wrote")
    parser.add_argument(
        "--input", type=Path, metavar="FILE", help="where the input is now, if it was moved"
    )
    parser.add_argument(
        "--model", default="", help="where the model is now, if it was moved: a name or a file"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="keep the new file in this folder (default: not)"
    )
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Make it again and print the verdict; a difference is no failure."""
    request = RerunRequest(
        result=str(options.result.absolute()),
        input=str(options.input.absolute()) if options.input else "",
        model=options.model,
        out=str(options.out.absolute()) if options.out else "",
    )
    return run_and_say_verdict(request, as_json=options.json)
