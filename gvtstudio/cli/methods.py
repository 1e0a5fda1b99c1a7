"""Write the paragraph for the methods section of a paper, from what results tell of themselves."""

import argparse
import sys
from pathlib import Path

from gvtstudio.domain.errors import GvtError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio methods``."""
    parser.add_argument("results", type=Path, nargs="+", help="files that gvtstudio restore wrote")
    parser.add_argument(
        "--bibtex", action="store_true", help="print the BibTeX entries to cite, not the paragraph"
    )


def run(options: argparse.Namespace) -> int:
    """Print the paragraph, or the citations."""
    from gvtstudio.cli.console import say_failure
    from gvtstudio.services.methods import methods_of

    try:
        methods = methods_of([path.absolute() for path in options.results])
    except GvtError as error:
        say_failure(error)
        return error.exit_code
    sys.stdout.write((methods.bibtex if options.bibtex else methods.text) + "\n")
    return 0
